"""`session.iter`

A loop in a session needed a context of its own. Python's `for` does
now.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.session() as session:
    norms = [].save()
    with session.iter([0, 1]) as layer:
        block = model.transformer.h[layer]
        with model.trace(prompt):
            norms.append(block.output[0].norm())

print(len(norms))

# %% now
with model.session():
    norms = [].save()
    for layer in (0, 1):
        block = model.transformer.h[layer]
        with model.trace(prompt):
            norms.append(block.output[0].norm())

print(len(norms))
