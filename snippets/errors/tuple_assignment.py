"""An assignment into a tuple

The output of GPT-J's blocks is a tuple, and Python does not let its
elements be replaced. Write into the tensor in it: `[:]`.

True.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.trace(prompt):
    model.transformer.h[0].output[0] = 0
    logits = model.lm_head.output.save()

print(logits.shape)

# %% works
with model.trace(prompt):
    model.transformer.h[0].output[0][:] = 0
    logits = model.lm_head.output.save()

print(logits.shape)
