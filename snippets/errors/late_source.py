"""`.source` named too late

To look between the lines of a module, nnsight has to prepare it before
it is called. Name its `.source` before anything that comes after it.

True, but it sounds as if the module itself was the trouble.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.trace(prompt):
    attn = model.transformer.h[0].attn
    after = attn.output[0].save()
    queries = attn.source.self_q_proj_0.output.save()

print(queries.shape, after.shape)

# %% works
with model.trace(prompt):
    attn = model.transformer.h[0].attn
    queries = attn.source.self_q_proj_0.output.save()
    after = attn.output[0].save()

print(queries.shape, after.shape)
