"""Gradients in the wrong order

Gradients come backward: the last layer first. The message names a
number for the tensor, another one in each run, so that only the rest of
it is printed here.

True, but you cannot tell from the number which tensor it is.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.trace(prompt):
    first = model.transformer.h[0].output[0]
    second = model.transformer.h[1].output[0]
    best = model.lm_head.output[0, -1].max()
    try:
        with best.backward():
            for_first = first.grad.norm().save()
            for_second = second.grad.norm().save()
    except Exception as error:
        print(str(error).partition(".")[2])

# %% works
with model.trace(prompt):
    first = model.transformer.h[0].output[0]
    second = model.transformer.h[1].output[0]
    best = model.lm_head.output[0, -1].max()
    with best.backward():
        for_second = second.grad.norm().save()
        for_first = first.grad.norm().save()

print(for_first > 0, for_second > 0)
