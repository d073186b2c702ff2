"""`scan=False, validate=False`

They spared the trial run on shapes that came before a trace. There is
none any more unless one asks for it (`model.scan`), and a trace ignores
both.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.trace(prompt, scan=False, validate=False):
    logits = model.lm_head.output.save()

print(logits.shape)

# %% now
with model.trace(prompt):
    logits = model.lm_head.output.save()

print(logits.shape)
