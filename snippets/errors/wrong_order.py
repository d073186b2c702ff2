"""Modules in the wrong order

Your lines run along with the model, and the model runs forward only.
Ask for the modules in the order in which it calls them.

True, if the module was called at all.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.trace(prompt):
    late = model.transformer.h[1].output[0].save()
    early = model.transformer.h[0].output[0].save()

print(early.shape, late.shape)

# %% works
with model.trace(prompt):
    early = model.transformer.h[0].output[0].save()
    late = model.transformer.h[1].output[0].save()

print(early.shape, late.shape)
