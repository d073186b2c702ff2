"""A `.grad` that is `None`

torch keeps gradients for parameters only. Make the backward pass a
block, `with ….backward():`, and read `.grad` in there.

Misleading: `retain_grad()`, as it says, is not needed.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.trace(prompt):
    hidden = model.transformer.h[0].output[0]
    model.lm_head.output[0, -1].max().backward()
    gradient = hidden.grad.save()

print(gradient)

# %% works
with model.trace(prompt):
    hidden = model.transformer.h[0].output[0]
    with model.lm_head.output[0, -1].max().backward():
        gradient = hidden.grad.save()

print(gradient.shape)
