# %% tags=["second-model"]
"""A task as a vector: what a prompt's examples leave at its end."""

import torch

from snippets.second_model import model
from snippets.task_states import (
    few_shot,
    hidden_states,
    layers,
    mean_states,
    n_right,
    put_in,
    test_pairs,
    tokenizer,
    train_pairs,
    zero_shot,
)

# %% ends
tests = {
    "few-shot": [few_shot(word, train_pairs) for word, _ in test_pairs],
    "zero-shot": [zero_shot(word) for word, _ in test_pairs],
}
for form, prompts in tests.items():
    with torch.no_grad(), model.trace(prompts, logits_to_keep=1):
        logits = model.lm_head.output[:, -1]  # (n_pairs, vocab_size)
        said = logits.argmax(dim=-1).tolist().save()
    print(f"{form}: {n_right(said, test_pairs)} of {len(test_pairs)}")
    print([tokenizer.decode(token) for token in said[:6]])

# %% antonyms
antonyms = mean_states(train_pairs)
print(antonyms.shape)

# %% by_layer
every_second = range(0, len(layers), 2)
results = put_in(antonyms, every_second, train_pairs)

for number, (said, p) in results.items():
    print(f"layer {number:2}:", n_right(said, train_pairs), end=" ")
    print(f"of {len(train_pairs)} right, p = {p:.2f}")

# %% score
best = max(every_second, key=lambda number: results[number][1])
said, p = put_in(antonyms, [best], test_pairs)[best]

print(f"layer {best}: {n_right(said, test_pairs)} of {len(test_pairs)}")
print([tokenizer.decode(token) for token in said])

# %% random_vectors
lengths = antonyms.norm(dim=-1, keepdim=True)  # (n_layers, 1)

for seed in range(3):
    dice = torch.Generator().manual_seed(seed)
    noise = torch.randn(antonyms.shape, generator=dice).to(lengths)
    noise *= lengths / noise.norm(dim=-1, keepdim=True)
    said, p = put_in(noise, [best], test_pairs)[best]
    print(f"{n_right(said, test_pairs)} of {len(test_pairs)},", end=" ")
    print([tokenizer.decode(token) for token in said[:4]])

# %% another_task
repeated = [(word, word) for word, _ in train_pairs]
repeating = mean_states(repeated)
said, p = put_in(repeating, [best], test_pairs)[best]
themselves = [(word, word) for word, _ in test_pairs]

print(f"opposites: {n_right(said, test_pairs)} of {len(test_pairs)}")
print(f"the words themselves: {n_right(said, themselves)}")
print([tokenizer.decode(token) for token in said])

# %% draw
import plotly.express as px

by_repeating = put_in(repeating, every_second, train_pairs)
accuracy = [
    [n_right(ids, train_pairs) / len(train_pairs) for ids, _ in both]
    for both in zip(
        results.values(), by_repeating.values(), strict=True
    )
]  # a row for each layer

px.imshow(
    accuracy,
    x=["opposites", "repeating the word"],
    y=list(every_second),
    zmin=0,
    zmax=1,
    text_auto=".0%",
    aspect="auto",
    color_continuous_scale="Blues",
    title="Opposites said, by layer",
    labels={"x": "mean of", "y": "layer", "color": "accuracy"},
)

# %% on_test_words
later = [layer for layer in every_second if layer >= best - 4]
on_tests = put_in(antonyms, later, test_pairs)

for number, (said, p) in on_tests.items():
    print(
        f"layer {number}: {n_right(said, test_pairs)} right", end=", "
    )
    print(f"{len(set(said))} different answers")

# %% adding
zero_shots = [zero_shot(word) for word, _ in train_pairs]

with model.session():
    with model.trace(zero_shots, logits_to_keep=1):
        last = hidden_states(layers[best])[:, -1]  # (n_pairs, d_model)
        mean_of_zero_shots = last.mean(dim=0)

    added = {}.save()
    difference = antonyms[best] - mean_of_zero_shots
    for name in ("the mean", "the difference"):
        vector = antonyms[best] if name == "the mean" else difference
        with model.trace(tests["zero-shot"], logits_to_keep=1):
            hidden_states(layers[best])[:, -1] += vector
            logits = model.lm_head.output[:, -1]
            added[name] = logits.argmax(dim=-1).tolist()

for name, said in added.items():
    print(f"{name}: {n_right(said, test_pairs)} of {len(test_pairs)}")
