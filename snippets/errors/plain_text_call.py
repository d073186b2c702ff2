"""A model that is called with a text

A call runs the module, which knows token ids and no text. Let `trace`
do it, or call the tokenizer first.

True, but it speaks of torch's insides.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
output = model(prompt)
print(output.logits.shape)

# %% works
ids = model.tokenizer(prompt, return_tensors="pt")
output = model(**ids.to(model.device))
print(output.logits.shape)
