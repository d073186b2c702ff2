"""Writing text: one step after another, and a push at each."""

import torch

from snippets.model import REMOTE, model

# %% generate
prompt = "The Eiffel Tower is in"

with model.generate(
    prompt, max_new_tokens=8, do_sample=False, remote=REMOTE
) as tracer:
    token_ids = tracer.result.save()  # (batch, seq_len)

print(repr(model.tokenizer.decode(token_ids[0])))

# %% steps
layers = model.transformer.h

with model.generate(
    prompt, max_new_tokens=8, do_sample=False, remote=REMOTE
) as tracer:
    steps = [].save()
    for step in tracer.iter[:8]:
        hidden_states = layers[-1].output[0]
        logits = model.lm_head.output[0, -1]  # (vocab_size,)
        steps.append((hidden_states.shape, logits.argmax().item()))

for shape, token in steps:
    print(list(shape), repr(model.tokenizer.decode(token)))

# %% without_an_end tags=["active-ipynb", "raises-exception"]
# with model.generate(
#     prompt, max_new_tokens=8, do_sample=False, remote=REMOTE
# ) as tracer:
#     for step in tracer.iter[:]:
#         logits = model.lm_head.output[0, -1]
#     written = tracer.result.save()
#
# print(model.tokenizer.decode(written[0]))

# %% one_step
with model.generate(
    prompt, max_new_tokens=8, do_sample=False, remote=REMOTE
) as tracer:
    for step in tracer.iter[3]:
        token = model.lm_head.output[0, -1].argmax().save()

print("the fourth:", repr(model.tokenizer.decode(token)))

# %% stop
with model.generate(
    prompt,
    max_new_tokens=40,
    do_sample=False,
    stop_strings=".",
    tokenizer=model.tokenizer,
    remote=REMOTE,
) as tracer:
    token_ids = tracer.result.save()

print(repr(model.tokenizer.decode(token_ids[0])))


# %% sampled
def sampled(seed):
    with model.generate(
        prompt, max_new_tokens=8, do_sample=True, remote=REMOTE
    ) as tracer:
        torch.manual_seed(seed)  # here: where the model runs
        token_ids = tracer.result.save()
    return model.tokenizer.decode(token_ids[0])


for seed in (0, 0, 1, 2):
    print(seed, repr(sampled(seed)))

# %% cities
landmarks = {
    " Paris": ["The Eiffel Tower", "The Louvre", "Notre Dame"],
    " Rome": ["The Colosseum", "The Pantheon", "The Trevi Fountain"],
    " London": ["Big Ben", "Tower Bridge", "Buckingham Palace"],
    " Berlin": [
        "The Brandenburg Gate",
        "The Reichstag",
        "Checkpoint Charlie",
    ],
    " Moscow": ["The Kremlin", "Red Square", "The Bolshoi Theatre"],
    " Istanbul": [
        "Hagia Sophia",
        "The Blue Mosque",
        "The Galata Tower",
    ],
}
cities = list(landmarks)
first_of = {city: names[0] for city, names in landmarks.items()}
learned_from = [
    f"{name} is in the city of"
    for names in landmarks.values()
    for name in names
]


def city_means(states):  # (18, d_model), three for each city
    by_city = states.unflatten(0, (len(cities), 3))
    without_the_first = by_city[:, 1:].mean(dim=1)  # (6, d_model)
    starts = dict(zip(cities, without_the_first, strict=True))
    goals = dict(zip(cities, by_city.mean(dim=1), strict=True))
    return starts, goals


# %% from_paris_to_rome
middle = layers[model.config.n_layer // 2]
eiffel = "The Eiffel Tower is located in the city of"

with model.session(remote=REMOTE):
    with model.trace(learned_from, logits_to_keep=1):
        starts, goals = city_means(middle.output[0][:, -1])
        vector = goals[" Rome"] - starts[" Paris"]  # (d_model,)

    answers = [].save()
    for strength in (0, 1, 2, 3):
        with model.trace(eiffel):
            middle.output[0][:, -1] += strength * vector
            logits = model.lm_head.output[0, -1]
            answers.append((strength, logits.argmax().item()))

for strength, token in answers:
    print(f"{strength} {model.tokenizer.decode(token)!r}")

# %% every_pair
from itertools import permutations

pairs = list(permutations(cities, 2))  # (start, goal)
tried_on = [
    f"{first_of[start]} is located in the city of" for start, _ in pairs
]
wanted = [model.tokenizer.encode(goal)[0] for _, goal in pairs]


def n_turned(logits):  # (n_pairs, vocab_size)
    best = logits.argmax(dim=-1).tolist()
    return sum(
        token == goal for token, goal in zip(best, wanted, strict=True)
    )


def noise_like(vectors):
    """Return a random vector as long as each of these."""
    noise = torch.randn_like(vectors)
    lengths = vectors.norm(dim=-1) / noise.norm(dim=-1)
    return noise * lengths[:, None]


every_so_many = max(1, len(layers) // 4)

with model.session(remote=REMOTE):
    counts = [].save()
    for number in range(0, len(layers), every_so_many):
        layer = layers[number]

        with model.trace(learned_from, logits_to_keep=1):
            starts, goals = city_means(layer.output[0][:, -1])
            vectors = torch.stack(
                [goals[goal] - starts[start] for start, goal in pairs]
            )  # (n_pairs, d_model)
            noise = noise_like(vectors)

        for what, pushes in {
            "1 x the vector": vectors,
            "3 x the vector": 3 * vectors,
            "3 x noise": 3 * noise,
        }.items():
            with model.trace(tried_on, logits_to_keep=1):
                layer.output[0][:, -1] += pushes
                n = n_turned(model.lm_head.output[:, -1])
                counts.append((number, what, n))

for number, what, n in counts:
    print(f"layer {number}, {what:<14} {n:>2} of {len(pairs)}")

# %% every_step
visit = "You can visit the Eiffel Tower in"

for strength in (0, 1, 3):
    with model.session(remote=REMOTE):
        with model.trace(learned_from, logits_to_keep=1):
            starts, goals = city_means(middle.output[0][:, -1])
            vector = goals[" Rome"] - starts[" Paris"]

        with model.generate(
            visit, max_new_tokens=12, do_sample=False
        ) as run:
            for step in run.iter[:12]:
                middle.output[0][:, -1] += strength * vector
            token_ids = run.result.save()

    print(strength, repr(model.tokenizer.decode(token_ids[0])))

# %% only_the_first_step
with model.session(remote=REMOTE):
    with model.trace(learned_from, logits_to_keep=1):
        starts, goals = city_means(middle.output[0][:, -1])
        vector = goals[" Rome"] - starts[" Paris"]

    with model.generate(
        visit, max_new_tokens=12, do_sample=False
    ) as run:
        for step in run.iter[0]:
            middle.output[0][:, -1] += 3 * vector
        token_ids = run.result.save()

print(repr(model.tokenizer.decode(token_ids[0])))
