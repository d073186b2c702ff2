"""`invoker.inputs` and `tracer.invoker`

An invoker kept what the tokenizer had made of its prompt. Ask the
model, which gets it; several prompts have their padding by then.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.trace() as tracer:
    with tracer.invoke(prompt) as invoker:
        ids = invoker.inputs[0]["input_ids"].save()

print(ids.shape)

# %% now
with model.trace() as tracer:
    with tracer.invoke(prompt):
        ids = model.inputs[1]["input_ids"].save()

print(ids.shape)
