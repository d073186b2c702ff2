"""`attn_dropout.input[0][0]`

`.input` was a tuple of positional and keyword arguments, so that
`[0][0]` was the first of them. It is that argument itself now, and
`[0][0]` is the first head of the first prompt.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.trace(prompt):
    attn = model.transformer.h[0].attn
    weights = attn.attn_dropout.input[0][0].save()

print(weights.shape)

# %% now
with model.trace(prompt):
    attn = model.transformer.h[0].attn
    weights = attn.attn_dropout.input.save()

print(weights.shape)
