"""A module that has another name here

Each architecture has its own names: what is `model.model.layers` in
LLaMA is `model.transformer.h` in GPT-J and GPT-2. `print(model)` shows
them.

True.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.trace(prompt):
    hidden = model.model.layers[0].output[0].save()

print(hidden.shape)

# %% works
with model.trace(prompt):
    hidden = model.transformer.h[0].output[0].save()

print(hidden.shape)
