"""A value that is asked for outside of a trace

`.output` is there only while the model runs. Ask in the trace, and use
what you saved after it. The same is said when `trace()` got no prompt,
and in its block above and below the `invoke`s.

True, but "interleaving" is nnsight's own word for a running trace.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.trace(prompt):
    hidden = model.transformer.h[0].output[0].save()

print(model.transformer.h[0].output[0].shape)

# %% works
with model.trace(prompt):
    hidden = model.transformer.h[0].output[0].save()

print(hidden.shape)
