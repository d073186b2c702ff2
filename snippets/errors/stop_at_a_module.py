"""`.stop()` of a module's output

Old texts stop a run that way. It is the tracer that stops, and what
comes after it in the block does not run. (Of a module that returns a
tensor, it is "'Tensor' object has no attribute 'stop'".)

True, but it does not say where `stop` has gone.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.trace(prompt):
    hidden = model.transformer.h[0].output[0].save()
    model.transformer.h[0].output.stop()

print(hidden.shape)

# %% works
with model.trace(prompt) as tracer:
    hidden = model.transformer.h[0].output[0].save()
    tracer.stop()

print(hidden.shape)
