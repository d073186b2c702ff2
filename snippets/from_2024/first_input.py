"""`.inputs[0][0]` for `.input`

The two used to be the same: the first positional argument. Attention gets its arguments by
keyword only, so it has none; `.input` now is the first argument of either kind.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.trace(prompt):
    hidden_states = model.transformer.h[0].attn.inputs[0][0].save()

print(hidden_states.shape)

# %% now
with model.trace(prompt):
    hidden_states = model.transformer.h[0].attn.input.save()

print(hidden_states.shape)
