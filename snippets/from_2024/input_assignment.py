"""`.input[0][0][:] = …`

It overwrote the whole input of a module. Now it overwrites one position
of it, the first of the first prompt. (Here: how many different rows the
module then computes.)
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.trace(prompt):
    mlp = model.transformer.h[0].mlp
    mlp.input[0][0][:] = 0
    rows = mlp.fc_in.output[0].unique(dim=0).save()

print(len(rows))

# %% now
with model.trace(prompt):
    mlp = model.transformer.h[0].mlp
    mlp.input[:] = 0
    rows = mlp.fc_in.output[0].unique(dim=0).save()

print(len(rows))
