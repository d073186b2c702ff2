"""A layer that is not there

The model has fewer layers than the number says. GPT-J has 28, and the
demo model 4. Count from the end, or ask the config.

True, but `Envoy` is the list of layers.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.trace(prompt):
    hidden = model.transformer.h[28].output[0].save()

print(hidden.shape)

# %% works
with model.trace(prompt):
    hidden = model.transformer.h[-1].output[0].save()

print(hidden.shape)
