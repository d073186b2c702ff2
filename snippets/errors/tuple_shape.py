"""A tuple that is taken for a tensor

A block of GPT-J returns a tuple: the hidden states and the attention
weights. Take the first, `[0]`. A block of most other models, and a
module such as `mlp`, returns a tensor, and there `[0]` is the first
prompt.

True.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.trace(prompt):
    hidden = model.transformer.h[0].output.save()

print(hidden.shape)

# %% works
with model.trace(prompt):
    hidden = model.transformer.h[0].output[0].save()

print(hidden.shape)
