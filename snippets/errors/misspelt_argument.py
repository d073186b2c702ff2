"""A misspelt argument

A trace takes every argument, hands on to the model what it knows, and
drops the rest. Look at the shape of what comes back.

There is no message.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.trace(prompt, logit_to_keep=1):
    logits = model.lm_head.output.save()

print(logits.shape)

# %% works
with model.trace(prompt, logits_to_keep=1):
    logits = model.lm_head.output.save()

print(logits.shape)
