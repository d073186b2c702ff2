"""`with tracer.all()` and `with tracer.iter[…]`

The steps of a generation used to be a block of their own. They are a
loop now. The old form still works, and warns.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
import nnsight

with model.generate(prompt, max_new_tokens=2) as tracer:
    ids = nnsight.save([])
    with tracer.all():
        ids.append(model.lm_head.output[0, -1].argmax().item())

print(ids)

# %% now
import nnsight

with model.generate(prompt, max_new_tokens=2) as tracer:
    ids = nnsight.save([])
    for _ in tracer.iter[:2]:
        ids.append(model.lm_head.output[0, -1].argmax().item())

print(ids)
