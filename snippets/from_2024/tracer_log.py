"""`tracer.log` and `nnsight.log`

To see a value while the model ran, a print had to be written down for
later. The block runs along with the model now, so `print` does.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.trace(prompt) as tracer:
    tracer.log(model.transformer.h[0].output[0].shape)

# %% now
with model.trace(prompt):
    print(model.transformer.h[0].output[0].shape)
