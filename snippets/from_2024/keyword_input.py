"""`model.input[1][…]`

`.input` held the arguments by position and those by name. It is the
first argument itself now, here the ids. `.inputs` holds them all.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.trace(prompt):
    mask = model.input[1]["attention_mask"].save()

print(mask.shape)

# %% now
with model.trace(prompt):
    args, kwargs = model.inputs
    mask = kwargs["attention_mask"].save()

print(mask.shape)
