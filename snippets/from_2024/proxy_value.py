"""Proxies: `.value` after the trace

Inside a trace there used to be proxies, which got their value when the
model ran. Now the block itself runs along with the model: its values
are real tensors, inside the trace and after it.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.trace(prompt):
    logits = model.lm_head.output.save()

print(logits.value.shape)

# %% now
with model.trace(prompt):
    logits = model.lm_head.output.save()

print(logits.shape)
