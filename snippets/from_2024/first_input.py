"""`.inputs[0][0]` for `.input`

The two used to be the same: the first positional argument, which
attention, called by keyword, never had. `.input` is the first argument
of either kind now, so it works there too.
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
