"""`inference=False`

This argument once put the model into training mode. A trace swallows it without a word now;
switch the mode as in PyTorch, once the weights are loaded (loading switches it back).
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.trace(prompt, inference=False):
    print("training mode:", model.training)

# %% now
model.dispatch()  # load the weights
model.train()
with model.trace(prompt):
    print("training mode:", model.training)
model.eval()
