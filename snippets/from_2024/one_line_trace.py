"""A trace on one line

nnsight reads the source of the block and runs it itself, so the block
needs lines of its own.
"""
# The one-line form is the point of this file.
# ruff: noqa: E701
# fmt: off

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.trace(prompt): logits = model.lm_head.output.save()

print(logits.shape)

# %% now
with model.trace(prompt):
    logits = model.lm_head.output.save()

print(logits.shape)
