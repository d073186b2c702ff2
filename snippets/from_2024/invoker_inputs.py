"""`invoker.inputs` and `tracer.invoker`

What `tracer.invoke` gave kept what the tokenizer had made of a prompt.
Ask the model, which gets it.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.trace(prompt) as tracer:
    ids = tracer.invoker.inputs[0]["input_ids"].save()

print(ids.shape)

# %% now
with model.trace(prompt):
    ids = model.inputs[1]["input_ids"].save()

print(ids.shape)
