"""A name that is not there after the trace

What is not saved does not leave the trace, and neither does its name.
Mark what you want to keep with `.save()`.

True, but it does not say that `.save()` is what is missing.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.trace(prompt):
    hidden = model.transformer.h[0].output[0]

print(hidden.shape)

# %% works
with model.trace(prompt):
    hidden = model.transformer.h[0].output[0].save()

print(hidden.shape)
