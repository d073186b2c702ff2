"""Attention weights that are `None`

The fused attention (sdpa), which most models use unless told otherwise,
never makes the weights, so that there are none to return. Ask for
`attn_implementation="eager"` when you load the model. GPT-J knows no
other, and always has them.

True, but it names the symptom, not the cause.
"""

import torch
from nnsight import NNsight
from transformers import GPT2Config, GPT2LMHeadModel

ids = torch.tensor([[1, 2, 3]])
sizes = {"n_layer": 1, "n_embd": 8, "n_head": 2, "vocab_size": 9}

# %% fails
config = GPT2Config(**sizes)
model = NNsight(GPT2LMHeadModel(config))

with model.trace(ids):
    attn = model.transformer.h[0].attn
    weights = attn.output[1].save()

print(weights.shape)

# %% works
config = GPT2Config(
    **sizes,
    attn_implementation="eager",
)
model = NNsight(GPT2LMHeadModel(config))

with model.trace(ids):
    attn = model.transformer.h[0].attn
    weights = attn.output[1].save()

print(weights.shape)
