"""Attention patterns: extract them, draw them, look for heads."""

import torch

from snippets.model import REMOTE, model

# %% extract
prompt = "The Eiffel Tower is in the city of"
first_layer = model.transformer.h[0]

with model.trace(prompt, remote=REMOTE):
    pattern = first_layer.attn.attn_dropout.input.save()

print(pattern.shape)  # (batch, n_heads, seq_len, seq_len)

# %% draw
import circuitsvis as cv

token_ids = model.tokenizer(prompt)["input_ids"]
tokens = [model.tokenizer.decode(token) for token in token_ids]
attention = pattern[0]  # the first prompt of the batch

cv.attention.attention_patterns(tokens=tokens, attention=attention)

# %% other_routes
with model.trace(prompt, remote=REMOTE):
    attn = first_layer.attn
    weighing = attn.source.self__attn_0  # one line of its forward()
    dropout_input = attn.attn_dropout.input
    print(torch.equal(dropout_input, attn.attn_dropout.output))
    print(torch.equal(dropout_input, weighing.output[1]))
    print(torch.equal(dropout_input, attn.output[1]))
    print(torch.equal(dropout_input, first_layer.output[1]))


# %% all_layers
def attention_of_all_layers(text):
    """Return the patterns: (n_layers, n_heads, seq_len, seq_len)."""
    with model.trace(text, remote=REMOTE):
        patterns = torch.stack(
            [
                layer.attn.attn_dropout.input[0]
                for layer in model.transformer.h
            ]
        ).save()
    return patterns.float()


patterns = attention_of_all_layers(prompt)
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
words = " Paris Rome London Berlin Madrid Tokyo"
n_words = len(model.tokenizer(words)["input_ids"])
twice = words + words

repeated = attention_of_all_layers(twice)
after_last_time = repeated.diagonal(1 - n_words, dim1=-2, dim2=-1)
layer, head, score = strongest_head(after_last_time.mean(dim=-1))
print(f"layer {layer}, head {head}: {score} on the token after")

word_ids = model.tokenizer(twice)["input_ids"]
cv.attention.attention_patterns(
    tokens=[model.tokenizer.decode(token) for token in word_ids],
    attention=repeated[layer],
)

# %% subject
subject = slice(1, 5)  # " E", "iff", "el", " Tower"
print(tokens[subject])

to_subject = patterns[:, :, -1, subject].sum(dim=-1)
layer, head, score = strongest_head(to_subject)
print(f"layer {layer}, head {head}: {score} on the subject")

cv.attention.attention_patterns(
    tokens=tokens, attention=patterns[layer]
)
