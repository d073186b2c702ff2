# %% tags=["second-model"]
"""A task as a vector: words, prompts, and the states at their ends."""

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

# %% answers
tokenizer = model.tokenizer


def ids_of_answers(pairs):
    return [tokenizer.encode(f" {answer}")[0] for _, answer in pairs]


def n_right(said, pairs):
    """Count the tokens that answer their pair's question."""
    answers = ids_of_answers(pairs)
    both = zip(said, answers, strict=True)
    return sum(token == answer for token, answer in both)


# %% names
layers = model.model.layers


def hidden_states(layer):  # (batch, seq_len, d_model)
    return layer.output


# %% mean_states
def mean_states(pairs):
    """Return each layer's mean state at the end of few-shot prompts."""
    prompts = [few_shot(word, pairs) for word, _ in pairs]
    # No gradients: it saves memory.
    with torch.no_grad(), model.trace(prompts, logits_to_keep=1):
        last = [hidden_states(layer)[:, -1] for layer in layers]
        means = torch.stack(last).mean(dim=1).save()
    return means  # (n_layers, d_model)


# %% put_in
def p_right(logits, answers):  # (n_pairs, vocab_size), n_pairs ids
    """Return the mean probability of the right answers."""
    columns = torch.tensor(answers, device=logits.device)[:, None]
    return (
        logits.float().softmax(dim=-1).gather(1, columns).mean().item()
    )


@torch.no_grad()  # no gradients: it saves memory
def put_in(states, numbers, pairs):
    """Put layers' states in at the end of zero-shot prompts.

    Returns for each layer the token that is said after each prompt,
    and how probable the right ones are on average.
    """
    answers = ids_of_answers(pairs)
    prompts = [zero_shot(word) for word, _ in pairs for _ in numbers]
    n = len(numbers)  # of each prompt a row for each layer

    with model.trace(prompts, logits_to_keep=1):
        for place, number in enumerate(numbers):
            hidden_states(layers[number])[place::n, -1] = states[number]

        results = {}.save()
        logits = model.lm_head.output[:, -1]  # (n_rows, vocab_size)
        for place, number in enumerate(numbers):
            own = logits[place::n]  # (n_pairs, vocab_size)
            said = own.argmax(dim=-1).tolist()
            results[number] = said, p_right(own, answers)
    return results
