"""The second element of a block's output

It used to be `present`, the block's keys and values. Since transformers
5 it is the block's attention weights, and nothing says so; keys and
values stand in the model's own result.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.trace(prompt):
    keys = model.transformer.h[-1].output[1][0].save()

print(keys.shape)

# %% now
with model.trace(prompt) as tracer:
    keys = tracer.result.past_key_values.layers[-1].keys.save()

print(keys.shape)
