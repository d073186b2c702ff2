"""Forgetting `.save()`

What is not saved does not leave the trace. Reading it used to say that
the value was not set; now the name itself does not exist, or still
holds what it held before.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.trace(prompt):
    logits = model.lm_head.output

print(logits.shape)

# %% now
with model.trace(prompt):
    logits = model.lm_head.output.save()

print(logits.shape)
