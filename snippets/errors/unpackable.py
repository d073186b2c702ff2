"""A remote block that uses what cannot be packed

What the block mentions is packed and sent along: functions of your own
modules too. A generator, an open file, a lock or a progress bar cannot
be. Hand over plain values. (`remote="local"` packs without a service.)

True, but it does not say which name of the block it is.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
layers = (layer for layer in (0, 1))
with model.trace(prompt, remote="local"):
    norms = [].save()
    for layer in layers:
        block = model.transformer.h[layer]
        norms.append(block.output[0].norm())

print(len(norms))

# %% works
layers = [0, 1]
with model.trace(prompt, remote="local"):
    norms = [].save()
    for layer in layers:
        block = model.transformer.h[layer]
        norms.append(block.output[0].norm())

print(len(norms))
