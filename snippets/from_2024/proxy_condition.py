"""Proxies: `tracer.cond`

A proxy was neither true nor false, so a condition needed a context of
its own. On real values Python's `if` does, and `cond` is gone.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.trace(prompt) as tracer:
    hidden = model.transformer.h[0].output[0]
    with tracer.cond(hidden.max() > 0):
        highest = hidden.max().save()

print(highest > 0)

# %% now
with model.trace(prompt):
    hidden = model.transformer.h[0].output[0]
    if hidden.max() > 0:
        highest = hidden.max().save()

print(highest > 0)
