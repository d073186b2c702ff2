"""`.token[…]` and `.t[…]`

A proxy could be asked for a token's position, whatever the padding. A
tensor cannot: index the position yourself. Padding stands on the left,
so that the last one is `-1` in every prompt.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.trace(prompt):
    logits = model.lm_head.output.token[-1].save()

print(logits.shape)

# %% now
with model.trace(prompt):
    logits = model.lm_head.output[:, -1].save()

print(logits.shape)
