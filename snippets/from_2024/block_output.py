"""`.output[0]` of a block, in most models

A block returned a tuple then. GPT-J's still does; those of GPT-2,
Llama, Gemma and most others return the hidden states themselves, and
`[0]` is the first prompt of them. Print the type once.
"""

import torch
from nnsight import NNsight
from transformers import LlamaConfig, LlamaForCausalLM

ids = torch.tensor([[1, 2, 3], [4, 5, 6]])
config = LlamaConfig(
    num_hidden_layers=1,
    hidden_size=8,
    intermediate_size=8,
    num_attention_heads=2,
    vocab_size=9,
)
llama = NNsight(LlamaForCausalLM(config))

# %% then
with llama.trace(ids):
    hidden = llama.model.layers[0].output[0].save()

print(hidden.shape)

# %% now
with llama.trace(ids):
    hidden = llama.model.layers[0].output.save()

print(hidden.shape)
