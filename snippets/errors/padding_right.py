"""Padding on the right

With another tokenizer, or a `padding_side` that somebody set, the last
position of a short prompt is padding. Left is what nnsight sets, and
what `[:, -1]` needs.

There is no message. Print the padded tokens.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
prompts = [prompt, "Big Ben is in the city of"]
model.tokenizer.padding_side = "right"
padded = model.tokenizer(prompts, padding=True)

last = [ids[-1] for ids in padded["input_ids"]]
print([model.tokenizer.decode(id_) for id_ in last])

# %% works
prompts = [prompt, "Big Ben is in the city of"]
model.tokenizer.padding_side = "left"
padded = model.tokenizer(prompts, padding=True)

last = [ids[-1] for ids in padded["input_ids"]]
print([model.tokenizer.decode(id_) for id_ in last])
