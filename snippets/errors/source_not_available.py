"""`.source` of something that has none

Which function an operation calls is known only when the model runs, so
ask in a trace. What is no Python (`torch.gather`) has no source at all,
and a call of a submodule is found at the submodule.

True.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
attn = model.transformer.h[0].attn

print(attn.source.self__attn_0.source.torch_matmul_0)

# %% works
attn = model.transformer.h[0].attn

with model.trace(prompt):
    inner = attn.source.self__attn_0.source
    scores = inner.torch_matmul_0.output.save()

print(scores.shape)
