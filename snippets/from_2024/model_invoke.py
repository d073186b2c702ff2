"""`model.invoke` and `model.forward`

Before there was `trace`, these opened a run. The first is gone, and the
second is what it is in PyTorch: a plain call, which opens no block.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.invoke(prompt) as invoker:
    logits = model.lm_head.output.save()

print(logits.shape)

# %% now
with model.trace(prompt):
    logits = model.lm_head.output.save()

print(logits.shape)
