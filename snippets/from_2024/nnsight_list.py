"""Proxies: `nnsight.list()`, `.dict()`, `.str()`, `.int()`

Collecting proxies took a list of nnsight's own. An ordinary list does
now, and so do a dict and a number; make it inside the trace, so that
the same code runs remotely.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
import nnsight

with model.trace(prompt):
    shapes = nnsight.list().save()
    for block in model.transformer.h:
        shapes.append(block.output[0].shape)

print(len(shapes))

# %% now
import nnsight

with model.trace(prompt):
    shapes = nnsight.save([])
    for block in model.transformer.h:
        shapes.append(block.output[0].shape)

print(len(shapes))
