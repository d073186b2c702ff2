"""`yield` in a trace: a decorator's or a fixture's

The block is taken out of your function, where `yield` and `return` mean
nothing. Under `@contextmanager`, or in a fixture, yield after the trace
has ended.

Misleading: it stands in a function, as anybody can see.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"


# %% fails
from contextlib import contextmanager


@contextmanager
def logits_of(text):
    with model.trace(text):
        yield model.lm_head.output.save()


with logits_of(prompt) as logits:
    print(logits.shape)


# %% works
from contextlib import contextmanager


@contextmanager
def logits_of(text):
    with model.trace(text):
        logits = model.lm_head.output.save()
    yield logits


with logits_of(prompt) as logits:
    print(logits.shape)
