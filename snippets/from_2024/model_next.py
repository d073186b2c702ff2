"""`model.next()`

It moved the whole model on to the next generated token, as `.next()`
did a module. Now one loops over the steps.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.generate(prompt, max_new_tokens=2):
    first = model.lm_head.output[0, -1].argmax().save()
    model.next()
    second = model.lm_head.output[0, -1].argmax().save()

print(first.item(), second.item())

# %% now
import nnsight

with model.generate(prompt, max_new_tokens=2) as tracer:
    ids = nnsight.save([])
    for _ in tracer.iter[:2]:
        ids.append(model.lm_head.output[0, -1].argmax())

print(ids[0].item(), ids[1].item())
