"""A module that is never called

It stands in the tree, but nothing calls it. `attn_dropout` of GPT-2 is
the usual case: its attention is a function, and does without. Sorting
your lines does not help. Read the weights where they are returned, and
ask for `attn_implementation="eager"`, which makes them.

Not true: the model did not run past it, it never came there.
"""

import torch

# %% fails
from nnsight import NNsight
from transformers import GPT2Config, GPT2LMHeadModel

config = GPT2Config(n_layer=1, n_embd=8, n_head=2)
model = NNsight(GPT2LMHeadModel(config))

with model.trace(torch.tensor([[1, 2, 3]])):
    attn = model.transformer.h[0].attn
    weights = attn.attn_dropout.output.save()

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
