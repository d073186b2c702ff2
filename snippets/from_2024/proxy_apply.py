"""Proxies: `nnsight.apply` and `tracer.apply`

A function that knew nothing of proxies had to be called through
`apply`. A tensor can be handed to any function, so `apply` is gone.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
import nnsight

with model.trace(prompt):
    best = model.lm_head.output[0, -1].argmax()
    word = nnsight.apply(model.tokenizer.decode, best).save()

print(word)

# %% now
with model.trace(prompt):
    best = model.lm_head.output[0, -1].argmax()
    word = model.tokenizer.decode(best).save()

print(word)
