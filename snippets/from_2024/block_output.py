"""`.output[0]` of a block, in most models

A block returned a tuple then. GPT-J's still does; those of GPT-2,
Llama, Gemma and most others return the hidden states themselves, and
`[0]` is the first prompt of them. Print the type once.
"""

import torch

# %% then
from nnsight import NNsight
from transformers import LlamaConfig, LlamaForCausalLM

config = LlamaConfig(num_hidden_layers=1, hidden_size=64)
llama = NNsight(LlamaForCausalLM(config))
with llama.trace(torch.tensor([[1, 2, 3], [4, 5, 6]])):
    hidden = llama.model.layers[0].output[0].save()

print(hidden.shape)

# %% now
from nnsight import NNsight
from transformers import LlamaConfig, LlamaForCausalLM

config = LlamaConfig(num_hidden_layers=1, hidden_size=64)
llama = NNsight(LlamaForCausalLM(config))
with llama.trace(torch.tensor([[1, 2, 3], [4, 5, 6]])):
    hidden = llama.model.layers[0].output.save()

print(hidden.shape)
