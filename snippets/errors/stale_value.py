"""An old value, and no error

If the name had a value before the trace, it still has it: the cell of a
notebook that runs for the second time is the usual case. Save, and the
name is set anew.

There is no message. Look for a `.save()` that is missing.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
best = "from the last time"

with model.trace(prompt):
    best = model.lm_head.output[0, -1].argmax()

print(best)

# %% works
best = "from the last time"

with model.trace(prompt):
    best = model.lm_head.output[0, -1].argmax().save()

print(best)
