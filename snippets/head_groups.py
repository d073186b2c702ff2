"""Heads in groups, chosen by what they do; each with a control."""

import torch

from snippets.model import REMOTE, model

# %% repetitions
import random

words = (
    " Paris Rome London Berlin Madrid Tokyo Vienna Prague"
    " Athens Cairo Moscow Dublin Warsaw Delhi Seoul Lima"
)
word_ids = model.tokenizer.encode(words)
n_words = 12

dice = random.Random(0)
orders = [dice.sample(word_ids, n_words) for _ in range(12)]
twice = [order + order for order in orders]  # (12, 24) ids

# %% rank
layers = model.transformer.h
n_heads = model.config.n_head
d_head = model.config.n_embd // n_heads


def ranked(scores):  # one for each head, layer after layer
    """Return (layer, head) of all heads, the highest score first."""
    order = sorted(range(len(scores)), key=lambda at: -scores[at])
    return [divmod(at, n_heads) for at in order]


with model.trace(twice, logits_to_keep=1, remote=REMOTE):
    one_back = [].save()
    for layer in layers:
        pattern = layer.attn.attn_dropout.input.float()
        diagonal = pattern.diagonal(offset=-1, dim1=-2, dim2=-1)
        one_back.extend(diagonal.mean(dim=(0, 2)).tolist())

by_one_back = ranked(one_back)
for number, head in by_one_back[:6]:
    score = one_back[number * n_heads + head]
    print(f"layer {number}, head {head}: {score:.2f} one back")


# %% repeat_without
def columns_of(head):
    return slice(head * d_head, (head + 1) * d_head)


def repeated_right(groups):
    """Return the share of words repeated rightly without each group."""
    with model.session(remote=REMOTE):
        shares = [].save()
        for group in groups:
            # The logits of the second round are all that is computed.
            with model.trace(twice, logits_to_keep=n_words):
                for number, head in sorted(group):  # in forward order
                    handed_in = layers[number].attn.out_proj.input
                    handed_in[..., columns_of(head)] = 0
                # After each of its words but the last, what is next?
                said = model.lm_head.output[:, :-1].argmax(dim=-1)
                next_ids = torch.tensor(orders, device=said.device)
                right = said == next_ids[:, 1:]
                shares.append(right.float().mean().item())
    return shares


def show(groups, shares):
    for name, share in zip(groups, shares, strict=True):
        print(f"without {name}: {share:.2f}")


previous, others = by_one_back[:4], by_one_back[4:]
groups = {"any change": [], "the four": previous}
for seed in range(3):
    drawn = random.Random(seed).sample(others, len(previous))
    groups[f"four others, draw {seed}"] = drawn

show(groups, repeated_right(list(groups.values())))

# %% landmarks
places = {
    "The Eiffel Tower": "Paris",
    "Big Ben": "London",
    "The Colosseum": "Rome",
    "The Brandenburg Gate": "Berlin",
    "The Acropolis": "Athens",
    "The Kremlin": "Moscow",
    "The Sagrada Familia": "Barcelona",
    "The Statue of Liberty": "New York",
    "The Uffizi Gallery": "Florence",
    "The Rialto Bridge": "Venice",
    "Edinburgh Castle": "Edinburgh",
    "The Prado Museum": "Madrid",
    "The Alhambra": "Granada",
    "The Guggenheim Museum": "Bilbao",
    "The Belem Tower": "Lisbon",
    "The Atomium": "Brussels",
    "Schonbrunn Palace": "Vienna",
    "The Charles Bridge": "Prague",
    "The Little Mermaid": "Copenhagen",
    "The Vasa Museum": "Stockholm",
    "Hagia Sophia": "Istanbul",
    "The Egyptian Museum": "Cairo",
    "Table Mountain": "Cape Town",
    "The Burj Khalifa": "Dubai",
    "The Taj Mahal": "Agra",
    "The Red Fort": "Delhi",
    "The Forbidden City": "Beijing",
    "Osaka Castle": "Osaka",
    "The Opera House": "Sydney",
    "The Space Needle": "Seattle",
    "The Golden Gate Bridge": "San Francisco",
    "The CN Tower": "Toronto",
}
prompts = [f"{landmark} is in the city of" for landmark in places]
cities = [
    model.tokenizer.encode(f" {place}")[0] for place in places.values()
]

with model.trace(prompts, logits_to_keep=1, remote=REMOTE):
    to_subject = [].save()
    for layer in layers:
        # All that comes before the five tokens " is in the city of".
        looks = layer.attn.attn_dropout.input[:, :, -1, :-5].float()
        to_subject.extend(looks.sum(dim=-1).mean(dim=0).tolist())

by_subject = ranked(to_subject)
n_readers = 3 * len(by_subject) // 8
readers, rest = by_subject[:n_readers], by_subject[n_readers:]
print(f"{len(readers)} readers and {len(rest)} others")
for number in range(len(layers)):
    count = sum(layer_of == number for layer_of, _ in readers)
    print(f"layer {number}: {count} of {n_heads} heads")


# %% answer_without
def answered_right(groups, zeros=False):
    """Return the share of right cities without each group of heads.

    At the last position, a head hands in its mean over the prompts,
    or zeros.
    """
    with model.session(remote=REMOTE):
        shares = [].save()
        with model.trace(prompts, logits_to_keep=1):
            means = []
            for layer in layers:
                handed_in = layer.attn.out_proj.input
                means.append(handed_in[:, -1].mean(dim=0))  # (d_model,)
        for group in groups:
            with model.trace(prompts, logits_to_keep=1):
                for number, head in sorted(group):  # in forward order
                    columns = columns_of(head)
                    handed_in = layers[number].attn.out_proj.input
                    mean = means[number][columns]
                    handed_in[:, -1, columns] = 0 if zeros else mean
                said = model.lm_head.output[:, -1].argmax(dim=-1)
                right = said == torch.tensor(cities, device=said.device)
                shares.append(right.float().mean().item())
    return shares


groups = {"any change": [], "the readers": readers}
for seed in range(4):
    drawn = random.Random(seed).sample(rest, len(readers))
    groups[f"as many others, draw {seed}"] = drawn
groups["all others"] = rest

show(groups, answered_right(list(groups.values())))

# %% zeros
show(groups, answered_right(list(groups.values()), zeros=True))

# %% how_many
step = max(len(readers) // 6, 1)
first = {
    f"the first {n_first} readers": readers[:n_first]
    for n_first in range(step, len(readers) + 1, step)
}
show(first, answered_right(list(first.values())))
