"""A block on the line of its `with`

nnsight runs the block itself, so that the block needs lines of its own.

True, and it says what to do.
"""
# The one-line form is the point of this file.
# ruff: noqa: E701
# fmt: off

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.trace(prompt): logits = model.lm_head.output.save()

print(logits.shape)

# %% works
with model.trace(prompt):
    logits = model.lm_head.output.save()

print(logits.shape)
