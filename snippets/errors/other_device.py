"""Two devices that do not match

The model is on the GPU, and what you made on the CPU. Make it where the
value is. With CUDA the message is "Expected all tensors to be on the
same device, but found at least two devices, cuda:0 and cpu!". What ran
here needs no GPU: torch's empty device `meta` plays its part.

True.
"""

import torch

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.trace(prompt):
    hidden = model.transformer.h[0].output[0]
    width = hidden.shape[-1]
    push = torch.ones(width, device="meta")
    pushed = (hidden + push).save()

print(pushed.shape)

# %% works
with model.trace(prompt):
    hidden = model.transformer.h[0].output[0]
    width = hidden.shape[-1]
    push = torch.ones(width, device=hidden.device)
    pushed = (hidden + push).save()

print(pushed.shape)
