"""Out of memory after many traces

What you keep of each trace holds on to all that it was computed from.
Detach it and copy it, or keep a number. (Here: how many bytes three
kept vectors of `d_model` hold, and whether the graph is held too.)

True, but what fills the memory are the traces before.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
kept = []
for _ in range(3):
    with model.trace(prompt):
        state = model.transformer.h[1].output[0][0, -1].save()
    kept.append(state)

print(sum(state.untyped_storage().nbytes() for state in kept))
print("graph:", kept[0].grad_fn is not None)

# %% works
kept = []
for _ in range(3):
    with model.trace(prompt):
        hidden = model.transformer.h[1].output[0]
        state = hidden[0, -1].detach().clone().cpu().save()
    kept.append(state)

print(sum(state.untyped_storage().nbytes() for state in kept))
print("graph:", kept[0].grad_fn is not None)
