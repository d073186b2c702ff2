"""A trace that is not entered by `with`

An `ExitStack`, or a call of `__enter__`, enters a trace without a block
whose lines could be read. Write the `with` out. The same is said when
a file was edited after its first trace: start Python again.

True, but the line that it names is not yours.
"""

from contextlib import ExitStack

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with ExitStack() as stack:
    stack.enter_context(model.trace(prompt))
    logits = model.lm_head.output.save()

print(logits.shape)

# %% works
with model.trace(prompt):
    logits = model.lm_head.output.save()

print(logits.shape)
