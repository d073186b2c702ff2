# %% tags=["second-model"]
"""A task as a vector: what a prompt's examples leave at its end."""

import torch

from snippets.second_model import model

# %% pairs
import random

opposites = """
    hot cold, big small, fast slow, up down, left right, light dark,
    rich poor, happy sad, old new, hard soft, high low, open closed,
    wet dry, strong weak, early late, good bad, full empty, near far,
    black white, long short, day night, love hate, win lose,
    begin end, male female, north south, true false, deep shallow,
    thick thin, loud quiet
"""
pairs = [tuple(pair.split()) for pair in opposites.split(",")]
random.Random(0).shuffle(pairs)
train_pairs, test_pairs = pairs[:14], pairs[14:]

print(f"{len(train_pairs)} pairs to learn from, such as {pairs[0]}")
print(f"{len(test_pairs)} pairs to test on, such as {pairs[-1]}")


# %% prompts
def zero_shot(word):
    return f"Q: {word}\nA:"


def few_shot(word, pairs):
    """Put five solved examples before the question."""
    others = [pair for pair in pairs if pair[0] != word]
    examples = random.Random(word).sample(others, 5)
    solved = [f"{zero_shot(a)} {b}\n\n" for a, b in examples]
    return "".join(solved) + zero_shot(word)


print(few_shot("quiet", train_pairs))

# %% ends
tokenizer = model.tokenizer


def ids_of_answers(pairs):
    return [tokenizer.encode(f" {answer}")[0] for _, answer in pairs]


def n_right(said, pairs):
    """Count the tokens that answer their pair's question."""
    answers = ids_of_answers(pairs)
    both = zip(said, answers, strict=True)
    return sum(token == answer for token, answer in both)


tests = {
    "few-shot": [few_shot(word, train_pairs) for word, _ in test_pairs],
    "zero-shot": [zero_shot(word) for word, _ in test_pairs],
}
for form, prompts in tests.items():
    with model.trace(prompts, logits_to_keep=1):
        logits = model.lm_head.output[:, -1]  # (n_pairs, vocab_size)
        said = logits.argmax(dim=-1).tolist().save()
    print(f"{form}: {n_right(said, test_pairs)} of {len(test_pairs)}")
    print([tokenizer.decode(token) for token in said[:6]])

# %% names
layers = model.model.layers


def hidden_states(layer):  # (batch, seq_len, d_model)
    return layer.output


# %% mean_states
def mean_states(pairs):
    """Return each layer's mean state at the end of few-shot prompts."""
    prompts = [few_shot(word, pairs) for word, _ in pairs]
    with model.trace(prompts, logits_to_keep=1):
        last = [hidden_states(layer)[:, -1] for layer in layers]
        means = torch.stack(last).mean(dim=1).save()
    return means.detach()  # (n_layers, d_model), numbers alone


antonyms = mean_states(train_pairs)
print(antonyms.shape)


# %% put_in
def p_right(logits, answers):  # (n_pairs, vocab_size), n_pairs ids
    """Return the mean probability of the right answers."""
    columns = torch.tensor(answers, device=logits.device)[:, None]
    return (
        logits.float().softmax(dim=-1).gather(1, columns).mean().item()
    )


def put_in(states, numbers, pairs):
    """Put layers' states in at the end of zero-shot prompts.

    Returns for each layer the token that is said after each prompt,
    and how probable the right ones are on average.
    """
    prompts = [zero_shot(word) for word, _ in pairs]
    answers = ids_of_answers(pairs)
    with model.session():
        results = {}.save()
        for number in numbers:
            with model.trace(prompts, logits_to_keep=1):
                hidden_states(layers[number])[:, -1] = states[number]
                logits = model.lm_head.output[:, -1]
                said = logits.argmax(dim=-1).tolist()
                results[number] = said, p_right(logits, answers)
    return results


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
