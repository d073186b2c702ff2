"""`.output[0]` of a block, in most models

A block returned a tuple then. GPT-J's still does; those of GPT-2 and
most other models return the hidden states themselves, and `[0]` is the
first prompt of them. Print the type once.
"""

import torch

# %% then
from nnsight import NNsight
from transformers import GPT2Config, GPT2LMHeadModel

config = GPT2Config(n_layer=1, n_embd=8, n_head=2)
gpt2 = NNsight(GPT2LMHeadModel(config))
with gpt2.trace(torch.tensor([[1, 2, 3], [4, 5, 6]])):
    hidden = gpt2.transformer.h[0].output[0].save()

print(hidden.shape)

# %% now
from nnsight import NNsight
from transformers import GPT2Config, GPT2LMHeadModel

config = GPT2Config(n_layer=1, n_embd=8, n_head=2)
gpt2 = NNsight(GPT2LMHeadModel(config))
with gpt2.trace(torch.tensor([[1, 2, 3], [4, 5, 6]])):
    hidden = gpt2.transformer.h[0].output.save()

print(hidden.shape)
