"""An operation that `.source` does not have

Each call in a module's source has a name with a number behind it, since
a function may be called twice. `print(attn.source)` shows them all, and
so does the message.

True, and it lists what there is.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.trace(prompt):
    attn = model.transformer.h[0].attn
    queries = attn.source.q_proj.output.save()

print(queries.shape)

# %% works
with model.trace(prompt):
    attn = model.transformer.h[0].attn
    queries = attn.source.self_q_proj_0.output.save()

print(queries.shape)
