"""`inference=False`

Old texts pass it to run the model in training mode. It did not do that
(nnsight 0.1.1 kept gradients for it, 0.3.7 refused it), and a trace now
ignores it without a word: switch the mode as in PyTorch, once the
weights are loaded, since loading switches it back.
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
