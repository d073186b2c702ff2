"""Attention weights that are `None`

The fused attention (sdpa), which most models use unless told otherwise,
never makes the weights, so that there are none to return. Ask for
`attn_implementation="eager"` when you load the model. GPT-J knows no
other, and always has them.

True, but it names the symptom, not the cause.
"""

import torch

# %% fails
from nnsight import NNsight
from transformers import GPT2Config, GPT2LMHeadModel

config = GPT2Config(n_layer=1, n_embd=8, n_head=2)
model = NNsight(GPT2LMHeadModel(config))

with model.trace(torch.tensor([[1, 2, 3]])):
    attn = model.transformer.h[0].attn
    weights = attn.output[1].save()

print(weights.shape)

# %% works
from nnsight import NNsight
from transformers import GPT2Config, GPT2LMHeadModel

config = GPT2Config(
    n_layer=1,
    n_embd=8,
    n_head=2,
    attn_implementation="eager",
)
model = NNsight(GPT2LMHeadModel(config))

with model.trace(torch.tensor([[1, 2, 3]])):
    attn = model.transformer.h[0].attn
    weights = attn.output[1].save()

print(weights.shape)
