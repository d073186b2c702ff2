"""A number that `model.scan` found

It was there after the block. A scan now keeps what is saved and nothing
else, as a trace does. (A bare `NNsight(…)` has no scan any more: run
it.)
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.scan(prompt):
    hidden = model.transformer.h[0].output[0]
    width = hidden.shape[-1]

print(width)

# %% now
with model.scan(prompt):
    hidden = model.transformer.h[0].output[0]
    width = hidden.shape[-1].save()

print(width)
