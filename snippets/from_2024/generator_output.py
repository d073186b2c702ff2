"""`model.generator.output`

What was generated is the result of the tracer now. The old place still
holds it, and warns.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.generate(prompt, max_new_tokens=2):
    ids = model.generator.output.save()

print(ids.shape)

# %% now
with model.generate(prompt, max_new_tokens=2) as tracer:
    ids = tracer.result.save()

print(ids.shape)
