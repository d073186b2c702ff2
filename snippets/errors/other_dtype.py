"""Two dtypes that do not match

The model computes in bfloat16 if it was loaded so, and what you make is
float32. Give it the dtype, and the device, of the value that it meets.

True.
"""

import torch

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.trace(prompt):
    hidden = model.transformer.h[0].output[0]
    turn = torch.eye(hidden.shape[-1])
    turned = (hidden @ turn).save()

print(turned.shape)

# %% works
with model.trace(prompt):
    hidden = model.transformer.h[0].output[0]
    turn = torch.eye(hidden.shape[-1]).to(hidden)
    turned = (hidden @ turn).save()

print(turned.shape)
