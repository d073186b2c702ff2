"""`with model.edit() as edited`

The block gave the edited model. It gives a pair now, the tracer and the
model, and takes no `return_context=` any more. With `inplace=True` the
model itself is edited, and there is only the tracer.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.edit() as edited:
    model.transformer.h[-1].output[0][:] = 0

with edited.trace(prompt):
    hidden = edited.transformer.h[-1].output[0].save()

print(hidden.any().item())

# %% now
with model.edit() as (tracer, edited):
    model.transformer.h[-1].output[0][:] = 0

with edited.trace(prompt):
    hidden = edited.transformer.h[-1].output[0].save()

print(hidden.any().item())
