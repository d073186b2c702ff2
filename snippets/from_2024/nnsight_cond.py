"""`nnsight.cond`

The same as `tracer.cond`, under another name. Python's `if` does.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
import nnsight

with model.trace(prompt):
    hidden = model.transformer.h[0].output[0]
    with nnsight.cond(hidden.max() > 0):
        highest = hidden.max().save()

print(highest > 0)

# %% now
with model.trace(prompt):
    hidden = model.transformer.h[0].output[0]
    if hidden.max() > 0:
        highest = hidden.max().save()

print(highest > 0)
