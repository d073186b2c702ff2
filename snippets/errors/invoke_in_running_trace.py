"""`tracer.invoke` in a trace that has its prompt

With a prompt the model begins to run at once. Give the prompts to the
invokes, and none to `trace`.

True, but it does not say that the prompt of `trace` is too much.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.trace(prompt) as tracer:
    best = model.lm_head.output[:, -1].argmax(-1).save()
    with tracer.invoke("Big Ben is in the city of"):
        other = model.lm_head.output[:, -1].argmax(-1).save()

print(best, other)

# %% works
with model.trace() as tracer:
    with tracer.invoke(prompt):
        best = model.lm_head.output[:, -1].argmax(-1).save()
    with tracer.invoke("Big Ben is in the city of"):
        other = model.lm_head.output[:, -1].argmax(-1).save()

print(best, other)
