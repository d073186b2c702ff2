"""Lines after `tracer.iter[:]`, which never run

A loop without an end waits for a step that never comes, and with it
waits all that follows in the block, `tracer.result` as well. Give the
loop its end.

True, and long. Where warnings are off, you see a `NameError` alone.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.generate(prompt, max_new_tokens=3) as tracer:
    for step in tracer.iter[:]:
        best = model.lm_head.output[0, -1].argmax().save()
    ids = tracer.result.save()

print(best)

# %% works
with model.generate(prompt, max_new_tokens=3) as tracer:
    for step in tracer.iter[:3]:
        best = model.lm_head.output[0, -1].argmax().save()
    ids = tracer.result.save()

print(best, ids.shape)
