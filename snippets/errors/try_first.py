"""A block that begins with `try`

It is the one statement from which Python does not let nnsight take
over. Put `try` around the trace.

True, and it says what to do.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.trace(prompt):
    try:
        logits = model.lm_head.output.save()
    except RuntimeError:
        logits = None

print(logits.shape)

# %% works
try:
    with model.trace(prompt):
        logits = model.lm_head.output.save()
except RuntimeError:
    logits = None

print(logits.shape)
