"""`.save()` taken for a copy

It says that a value shall outlive the trace, and copies nothing (nor
did it in 2024): what is changed in place later has changed in the saved
tensor too.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.trace(prompt):
    before = model.transformer.h[0].output[0].save()
    model.transformer.h[0].output[0][:] = 0

print("all zero:", not before.any())

# %% now
with model.trace(prompt):
    before = model.transformer.h[0].output[0].clone().save()
    model.transformer.h[0].output[0][:] = 0

print("all zero:", not before.any())
