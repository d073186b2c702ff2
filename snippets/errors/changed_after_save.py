"""A saved value that has changed

`.save()` keeps the tensor itself, so what is written into it later
stands in what you saved. Save a copy: `.clone()`.

There is no message.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.trace(prompt):
    hidden = model.transformer.h[0].output[0]
    before = hidden.save()
    hidden[:] = 0

print("all zero:", not before.any())

# %% works
with model.trace(prompt):
    hidden = model.transformer.h[0].output[0]
    before = hidden.clone().save()
    hidden[:] = 0

print("all zero:", not before.any())
