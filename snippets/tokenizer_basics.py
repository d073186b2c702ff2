"""Tokenizers: from text to ids and back."""

from snippets.model import model

# %% call
tokenizer = model.tokenizer

encoded = tokenizer("This must be Thursday")
print(encoded["input_ids"])
print(encoded["attention_mask"])

# %% tensors
as_tensors = tokenizer("This must be Thursday", return_tensors="pt")
print(as_tensors["input_ids"])
print(as_tensors["input_ids"].shape)  # (batch, seq_len)

# %% padding
pair = ["Hello world", "Hello"]

padded = tokenizer(pair, padding=True, return_tensors="pt")
print(padded["input_ids"])
print(padded["attention_mask"])
print(tokenizer.padding_side, repr(tokenizer.pad_token))

# %% decode
ids = [40, 1239, 714, 651, 262, 8181, 286, 48971, 12545, 13]
print(tokenizer.decode(ids))

# %% decode_each
ids = [4711, 2456, 481, 307, 6626, 510]
print([tokenizer.decode(i) for i in ids])
print(tokenizer.batch_decode(ids))

# %% decode_batch
batch = [[1212, 6827, 481, 307, 1978], [2396, 481, 428, 530]]
print(tokenizer.batch_decode(batch))

# %% tokenize
print(tokenizer.tokenize("This sentence will be tokenized"))

# %% spaces
print(tokenizer.encode("Paris"), tokenizer.tokenize("Paris"))
print(tokenizer.encode(" Paris"), tokenizer.tokenize(" Paris"))

# %% bytes
text = "café ☕"
print(text.encode("utf-8"))
print(tokenizer.tokenize(text))
print(tokenizer.decode(tokenizer.encode(text)) == text)
