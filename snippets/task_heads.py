# %% tags=["second-model"]
"""A task as a vector: what a few heads, found by effect, write."""

import random

import torch

from snippets.head_outputs import (
    columns_of,
    mean_outputs,
    n_heads,
    out_projs,
    vector_of,
)
from snippets.second_model import model
from snippets.task_states import (
    hidden_states,
    ids_of_answers,
    layers,
    n_right,
    p_right,
    test_pairs,
    tokenizer,
    train_pairs,
    zero_shot,
)

# %% means
means = mean_outputs(train_pairs)
print(means.shape)


# %% shuffled
def shuffled(word):
    """Put five examples with mixed-up answers before the question."""
    others = [pair for pair in train_pairs if pair[0] != word]
    examples = random.Random(word).sample(others, 5)
    questions, answers = zip(*examples, strict=True)
    answers = answers[1:] + answers[:1]  # each gets that of the next
    solved = [
        f"{zero_shot(question)} {answer}\n\n"
        for question, answer in zip(questions, answers, strict=True)
    ]
    return "".join(solved) + zero_shot(word)


print(shuffled("quiet"))

# %% effects
from itertools import product

asked = train_pairs[:5]
answers = ids_of_answers(asked)
prompts = [shuffled(word) for word, _ in asked]
ids = torch.tensor(tokenizer(prompts)["input_ids"])  # (5, seq_len)

heads = list(product(range(len(layers)), range(n_heads)))

# A row for each of some heads, one prompt after another. Only the
# last position will change, so keys and values of all others are
# computed once, and each run reads the last token alone.
n = 45  # heads in a run: more take more memory
rows = ids.repeat_interleave(n, dim=0)
read = {"attention_mask": torch.ones_like(rows), "logits_to_keep": 1}

with torch.no_grad(), model.session():  # no_grad: it saves memory
    with model.trace(ids, logits_to_keep=1):
        p_before = p_right(model.lm_head.output[:, -1], answers).save()

    with model.trace(ids[:, :-1], logits_to_keep=1) as tracer:
        past = tracer.result.past_key_values
    past.batch_repeat_interleave(n)

    effects = [].save()
    for first in range(0, len(heads), n):
        some_heads = heads[first : first + n]
        with model.trace(rows[:, -1:], past_key_values=past, **read):
            for row, (number, head) in enumerate(some_heads):
                own = columns_of(head)
                handed_in = out_projs[number].input
                handed_in[row::n, -1, own] = means[number, own]
            logits = model.lm_head.output[:, -1]  # (n_rows, vocab_size)
            for row in range(len(some_heads)):
                p = p_right(logits[row::n], answers)
                effects.append(p - p_before)
        past.crop(-1)  # without the token that this run has added

by_head = torch.tensor(effects).view(len(layers), n_heads)
order = by_head.flatten().argsort(descending=True).tolist()
ranked = [divmod(place, n_heads) for place in order]

print(f"no head changed: {p_before:.3f}")
for number, head in ranked[:8]:
    print(f"layer {number}, head {head}: {by_head[number, head]:+.3f}")

# %% head_vector
five = ranked[:5]
vector = vector_of(five, means)
print(five, f"{vector.norm():.0f} long")


# %% add
def add(vector, numbers, prompts):
    """Add a vector at the end of prompts, in one layer or another.

    Returns for each layer the token that is said after each prompt.
    """
    n = len(numbers)  # of each prompt a row for each layer
    rows = [prompt for prompt in prompts for _ in numbers]

    with torch.no_grad(), model.trace(rows, logits_to_keep=1):
        for place, number in enumerate(numbers):
            hidden_states(layers[number])[place::n, -1] += vector

        logits = model.lm_head.output[:, -1]  # (n_rows, vocab_size)
        said = logits.argmax(dim=-1).unflatten(0, (-1, n)).T.save()
    return dict(zip(numbers, said.tolist(), strict=True))


every_third = range(0, len(layers), 3)
questions = [zero_shot(word) for word, _ in train_pairs]
right = {
    layer: n_right(tokens, train_pairs)
    for layer, tokens in add(vector, every_third, questions).items()
}
best = max(right, key=right.get)

for number in every_third:
    print(f"layer {number:2}: {right[number]} of {len(train_pairs)}")

# %% score
tests = {
    "zero-shot": [zero_shot(word) for word, _ in test_pairs],
    "shuffled": [shuffled(word) for word, _ in test_pairs],
}
for form, prompts in tests.items():
    for times in (0, 1):
        said = add(times * vector, [best], prompts)[best]
        print(f"{form} + {times} x the vector:", end=" ")
        print(f"{n_right(said, test_pairs)} of {len(test_pairs)}")

# %% other_heads
rest = sorted({*heads} - {*five})
pushes = []
for seed in range(20):
    others = vector_of(random.Random(seed).sample(rest, 5), means)
    pushes.append(others * vector.norm() / others.norm())  # as long

n = len(pushes)  # of each prompt a row for each of them
rows = [prompt for prompt in tests["zero-shot"] for _ in range(n)]
added = torch.stack(pushes).repeat(len(test_pairs), 1)

with torch.no_grad(), model.trace(rows, logits_to_keep=1):
    hidden_states(layers[best])[:, -1] += added
    logits = model.lm_head.output[:, -1]
    said = logits.argmax(dim=-1).unflatten(0, (-1, n)).T.tolist().save()

print([n_right(tokens, test_pairs) for tokens in said])
