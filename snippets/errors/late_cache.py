"""A cache that is asked for too late

It collects from the moment on when you make it, so nnsight wants it
first.

True, and it says what to do.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.trace(prompt) as tracer:
    hidden = model.transformer.h[0].output[0].save()
    cache = tracer.cache(modules=[model.lm_head])

print(list(cache.keys()))

# %% works
with model.trace(prompt) as tracer:
    cache = tracer.cache(modules=[model.lm_head])
    hidden = model.transformer.h[0].output[0].save()

print(list(cache.keys()))
