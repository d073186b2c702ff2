"""A `.skip()` in one invoke only

The invokes share one run, and a module runs for all of it or not at
all. Skip in each, or give the prompts runs of their own.

True.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.trace() as tracer:
    with tracer.invoke(prompt):
        mlp = model.transformer.h[0].mlp
        mlp.skip(mlp.input)
        skipped = model.lm_head.output[0, -1].save()
    with tracer.invoke(prompt):
        as_it_is = model.lm_head.output[0, -1].save()

print(skipped.shape, as_it_is.shape)

# %% works
with model.trace(prompt):
    mlp = model.transformer.h[0].mlp
    mlp.skip(mlp.input)
    skipped = model.lm_head.output[0, -1].save()

with model.trace(prompt):
    as_it_is = model.lm_head.output[0, -1].save()

print(skipped.shape, as_it_is.shape)
