"""`.grad = …` and a plain `.backward()`

A proxy's `.grad` could be overwritten before the backward pass. On a
tensor the pass takes no notice: overwrite it in the pass's own block.
(Here: what arrives at the embeddings.)
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.trace(prompt):
    hidden = model.transformer.h[0].output[0]
    hidden.grad = hidden * 0
    model.lm_head.output[0, -1].max().backward()

weight = model.transformer.wte.weight
print("all zero:", not weight.grad.any())

# %% now
with model.trace(prompt):
    hidden = model.transformer.h[0].output[0]
    with model.lm_head.output[0, -1].max().backward():
        hidden.grad = hidden.grad * 0

weight = model.transformer.wte.weight
print("all zero:", not weight.grad.any())
