"""A value that is asked for outside of a trace

`.output` is there only while the model runs. Ask in the trace, and use
what you saved after it. The same is said when `trace()` got no prompt.

True, but "interleaving" is nnsight's own word for a running trace.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.trace(prompt):
    logits = model.lm_head.output.save()

print(model.lm_head.output.shape)

# %% works
with model.trace(prompt):
    logits = model.lm_head.output.save()

print(logits.shape)
