"""A name without a value, in a function

In a function Python has another word for a name without a value. What
is missing is `.save()`, here too.

True, but it does not say that `.save()` is what is missing.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"


# %% fails
def first_layer():
    with model.trace(prompt):
        block = model.transformer.h[0]
        hidden = block.output[0]
    print(hidden.shape)


first_layer()


# %% works
def first_layer():
    with model.trace(prompt):
        block = model.transformer.h[0]
        hidden = block.output[0].save()
    print(hidden.shape)


first_layer()
