"""A barrier that is never reached by all

It waits for as many blocks as it was made for. Make it for those that
call it.

True.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.trace() as tracer:
    barrier = tracer.barrier(3)
    with tracer.invoke(prompt):
        state = model.transformer.h[0].output[0].norm()
        barrier()
    with tracer.invoke(prompt):
        barrier()
        same = state.save()

print(same > 0)

# %% works
with model.trace() as tracer:
    barrier = tracer.barrier(2)
    with tracer.invoke(prompt):
        state = model.transformer.h[0].output[0].norm()
        barrier()
    with tracer.invoke(prompt):
        barrier()
        same = state.save()

print(same > 0)
