"""`tracer.invoke`

Several prompts in one run of the model, each with a block of its own:
this has stayed. Where one block does for all of them, a list of prompts
is shorter.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.trace() as tracer:
    with tracer.invoke(prompt):
        one = model.lm_head.output[0, -1].argmax().save()
    with tracer.invoke("The Colosseum is in the city of"):
        two = model.lm_head.output[0, -1].argmax().save()

print([one.item(), two.item()])

# %% now
with model.trace([prompt, "The Colosseum is in the city of"]):
    best = model.lm_head.output[:, -1].argmax(-1).save()

print(best.tolist())
