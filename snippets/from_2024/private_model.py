"""`model._model`

The model of Hugging Face below nnsight's is called `_module` now, and
what it can do is to be had without: `model.config`, `model.eval()`,
`model.generate`.
"""

from snippets.model import model

# %% then
print(type(model._model).__name__)

# %% now
print(type(model._module).__name__)
