# %% tags=["second-model"]
"""Another architecture: the same questions on a Llama."""

import torch

from snippets.architectures import (
    NAMES,
    attention_of_all_layers,
    find_blocks,
)
from snippets.second_model import MODEL_ID, TransformersModel, model

# %% tree
print(model)

# %% dimensions
config = model.config
n_layers, d_model = config.num_hidden_layers, config.hidden_size
n_heads = config.num_attention_heads
n_key_heads = config.num_key_value_heads
d_head = d_model // n_heads

print(f"{n_layers} layers of {n_heads} heads, {n_key_heads} for keys")
print(f"d_model {d_model}, d_head {d_head}")

# %% predict
prompt = "The Eiffel Tower is in the city of"

with model.trace(prompt):
    probabilities = model.lm_head.output[0, -1].softmax(dim=-1)
    best = probabilities.topk(3).save()

for probability, token_id in zip(*best, strict=True):
    print(f"{probability:.2f} {model.tokenizer.decode(token_id)!r}")

# %% blocks
blocks = find_blocks(model)
print(blocks.path, len(blocks))

# %% block_output
with model.trace([prompt, prompt]):
    output = model.model.layers[0].output
    print(type(output).__name__, tuple(output.shape))
    print("last tokens:    ", tuple(output[:, -1].shape))
    print("with [0], wrong:", tuple(output[0][:, -1].shape))

# %% no_pattern
with model.trace(prompt):
    print(model.model.layers[0].self_attn.output[1])

# %% eager
llama = TransformersModel(
    MODEL_ID,
    task="text-generation",
    tokenizer=MODEL_ID,
    device_map="auto",
    dtype=torch.float32,
    attn_implementation="eager",  # it makes the patterns
    rename=NAMES,
)
first_layer = llama.layers[0]

with llama.trace(prompt):
    pattern = first_layer.attn.output[1].save()

print(pattern.shape)  # (batch, n_heads, seq_len, seq_len)

# %% source
print(first_layer.attn.source)

# %% queries_and_keys
with llama.trace(prompt):
    weighing = first_layer.attn.source.attention_interface_1
    queries, keys = weighing.inputs[0][1:3]
    queries, keys = queries[0].save(), keys[0].save()  # one prompt
    print(torch.equal(weighing.output[1], first_layer.attn.output[1]))

print(queries.shape)  # (n_heads, seq_len, d_head)
print(keys.shape)  # (n_key_heads, seq_len, d_head)


# %% shared_keys
def pattern_with(key_heads):  # for each head, the key head it uses
    """Return the pattern if heads shared their keys in this way."""
    scores = queries @ keys[key_heads].mT / d_head**0.5
    may_look = torch.ones_like(scores).tril().bool()
    return scores.where(may_look, -torch.inf).softmax(dim=-1)


for key_heads in (
    [0, 0, 0, 1, 1, 1, 2, 2, 2],  # three neighbours share one
    [0, 1, 2, 0, 1, 2, 0, 1, 2],  # they take turns
):
    difference = (pattern_with(key_heads) - pattern[0]).abs().max()
    print(key_heads, f"differs by {difference:.2f}")

# %% patterns
patterns = attention_of_all_layers(llama, prompt)
print(patterns.shape)


# %% find_head
def strongest_head(scores):
    """Return layer, head and score of the highest of the scores."""
    layer, head = divmod(scores.argmax().item(), scores.shape[1])
    return layer, head, round(scores[layer, head].item(), 2)


# %% previous_token
one_back = patterns.diagonal(offset=-1, dim1=-2, dim2=-1)
layer, head, score = strongest_head(one_back.mean(dim=-1))
print(f"layer {layer}, head {head}: {score} on the token before")

# %% induction
import circuitsvis as cv

words = " Paris Rome London Berlin Madrid Tokyo"
n_words = len(model.tokenizer(words)["input_ids"])
twice = words + words

repeated = attention_of_all_layers(llama, twice)
after_last_time = repeated.diagonal(1 - n_words, dim1=-2, dim2=-1)
layer, head, score = strongest_head(after_last_time.mean(dim=-1))
print(f"layer {layer}, head {head}: {score} on the token after")

word_ids = model.tokenizer(twice)["input_ids"]
cv.attention.attention_patterns(
    tokens=[model.tokenizer.decode(token) for token in word_ids],
    attention=repeated[layer],
)

# %% random_words
generator = torch.Generator().manual_seed(0)
a, b = torch.randint(1000, 20_000, (2, 1, 20), generator=generator)

for said in (torch.cat([a, a], dim=1), torch.cat([b, a], dim=1)):
    patterns_of_words = attention_of_all_layers(llama, said)
    looks = patterns_of_words.diagonal(1 - 20, dim1=-2, dim2=-1)
    layer, head, score = strongest_head(looks.mean(dim=-1))
    print(f"layer {layer}, head {head}: {score}", end=", ")
    one_back = patterns_of_words.diagonal(-1, dim1=-2, dim2=-1)
    layer, head, score = strongest_head(one_back.mean(dim=-1))
    print(f"one back: layer {layer}, head {head}: {score}")

# %% subject
token_ids = model.tokenizer(prompt)["input_ids"]
tokens = [model.tokenizer.decode(token) for token in token_ids]
subject = slice(1, 4)  # " E", "iffel", " Tower"
print(tokens[subject])

to_subject = patterns[:, :, -1, subject].sum(dim=-1)
layer, head, score = strongest_head(to_subject)
print(f"layer {layer}, head {head}: {score} on the subject")

cv.attention.attention_patterns(
    tokens=tokens, attention=patterns[layer]
)

# %% readers
print(*(f"{share:.2f}" for share in to_subject[layer]))
