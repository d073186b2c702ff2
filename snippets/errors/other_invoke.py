"""A value of another invoke

The blocks run side by side, and do not see each other's names until
they have met. A barrier is the place where they meet. (From a list or a
dictionary it is an `IndexError` or a `KeyError`. In 2024 no barrier was
needed.)

True, but it does not say that a barrier is what is missing.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.trace() as tracer:
    with tracer.invoke(prompt):
        state = model.transformer.h[0].output[0][:, -1]
    with tracer.invoke("Big Ben is in the city of"):
        model.transformer.h[0].output[0][:, -1] = state
        best = model.lm_head.output[0, -1].argmax().save()

print(best)

# %% works
with model.trace() as tracer:
    barrier = tracer.barrier(2)
    with tracer.invoke(prompt):
        state = model.transformer.h[0].output[0][:, -1]
        barrier()
    with tracer.invoke("Big Ben is in the city of"):
        barrier()
        model.transformer.h[0].output[0][:, -1] = state
        best = model.lm_head.output[0, -1].argmax().save()

print(best)
