"""`batch_decode` of a flat list

It gave one string per id. It decodes a batch of sequences now, takes a
flat list for a single sequence and joins it.
"""

from snippets.model import model

tokenizer = model.tokenizer

# %% then
ids = tokenizer("This must be Thursday")["input_ids"]
print(tokenizer.batch_decode(ids))

# %% now
ids = tokenizer("This must be Thursday")["input_ids"]
print([tokenizer.decode(i) for i in ids])
