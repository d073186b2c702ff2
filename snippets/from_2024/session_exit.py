"""`session.exit()`

It ended a session early, and `iterator.exit()` a loop in it. A session
is ordinary Python now: `break` and `if` do.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.session() as session:
    norms = [].save()
    with model.trace(prompt):
        norms.append(model.transformer.h[0].output[0].norm())
    session.exit()

print(len(norms))

# %% now
with model.session():
    norms = [].save()
    for block in model.transformer.h:
        with model.trace(prompt):
            norms.append(block.output[0].norm())
        if norms[-1] > 0:
            break

print(len(norms))
