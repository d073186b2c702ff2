"""`.grad` and a plain `.backward()`

A proxy's `.grad` could be asked for before the backward pass. A
tensor's is empty then: make the pass a block, and ask in there.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.trace(prompt):
    hidden = model.transformer.h[0].output[0]
    gradient = hidden.grad.save()
    model.lm_head.output[0, -1].max().backward()

print(gradient.shape)

# %% now
with model.trace(prompt):
    hidden = model.transformer.h[0].output[0]
    with model.lm_head.output[0, -1].max().backward():
        gradient = hidden.grad.save()

print(gradient.shape)
