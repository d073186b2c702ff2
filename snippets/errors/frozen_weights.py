"""A tensor that does not require grad

The weights are frozen, as they always are on NDIF, so nothing asks for
a gradient. Say where it should begin: `requires_grad_()`.

Half of the truth: it names two causes, and not this one.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
model.dispatch()
model.requires_grad_(False)  # as on NDIF
with model.trace(prompt):
    hidden = model.transformer.h[0].output[0]
    with model.lm_head.output[0, -1].max().backward():
        gradient = hidden.grad.save()

print(gradient.shape)

# %% works
model.dispatch()
model.requires_grad_(False)  # as on NDIF
with model.trace(prompt):
    hidden = model.transformer.h[0].output[0]
    hidden.requires_grad_()
    with model.lm_head.output[0, -1].max().backward():
        gradient = hidden.grad.save()

print(gradient.shape)
