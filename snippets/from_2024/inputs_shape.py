"""`.inputs.shape`

A proxy answered for everything inside it, when the trace was scanned
beforehand. `.inputs` is a plain tuple of positional and keyword
arguments now: ask the tensor that you mean.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.trace(prompt, scan=True):
    print(model.transformer.h[0].mlp.inputs.shape)

# %% now
with model.trace(prompt):
    args, kwargs = model.transformer.h[0].mlp.inputs
    print(args[0].shape, kwargs)
