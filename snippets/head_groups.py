"""Heads in groups, chosen by what they do; each with a control."""

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
orders = [dice.sample(word_ids, n_words) for _ in range(16)]
twice = [order + order for order in orders]  # (16, 24) ids

# %% rank
layers = model.transformer.h
n_heads = model.config.n_head
d_head = model.config.n_embd // n_heads


def ranked(scores):  # one for each head, layer after layer
    """Return (layer, head) of all heads, the highest score first."""
    order = sorted(range(len(scores)), key=lambda at: -scores[at])
    return [divmod(at, n_heads) for at in order]


with model.trace(twice, remote=REMOTE):
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


def repeated_right(out):
    """Return how many words are repeated rightly without some heads."""
    with model.trace(twice, remote=REMOTE):
        for number, head in sorted(out):  # in forward order
            handed_in = layers[number].attn.out_proj.input
            handed_in[..., columns_of(head)] = 0
        # At the first word of the second round nobody knows the order.
        best = model.lm_head.output[:, n_words:-1].argmax(dim=-1)
        second = best.new_tensor(orders)[:, 1:]
        right = (best == second).float().mean().item().save()
    return round(right, 2)


previous, others = by_one_back[:4], by_one_back[4:]
print(f"as it is: {repeated_right([]):.2f}")
print(f"without the four: {repeated_right(previous):.2f}")

for number in range(3):
    drawn = random.Random(number).sample(others, len(previous))
    print(f"without four others: {repeated_right(drawn):.2f}")

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
    print(f"layer {number}: {count} readers")


# %% answer_without
def answered_right(out, zeros=False):
    """Return how many cities are right if heads say the same of each.

    Their mean over the prompts, or zeros, at the last position only.
    """
    with model.session(remote=REMOTE):
        with model.trace(prompts, logits_to_keep=1):
            means = []
            for layer in layers:
                handed_in = layer.attn.out_proj.input
                means.append(handed_in[:, -1].mean(dim=0))  # (d_model,)
        with model.trace(prompts, logits_to_keep=1):
            for number, head in sorted(out):  # in forward order
                columns = columns_of(head)
                mean = means[number][columns]
                handed_in = layers[number].attn.out_proj.input
                handed_in[:, -1, columns] = 0 if zeros else mean
            best = model.lm_head.output[:, -1].argmax(dim=-1)
            asked = best.new_tensor(cities)
            right = (best == asked).float().mean().item().save()
    return round(right, 2)


controls = [
    random.Random(seed).sample(rest, len(readers)) for seed in range(4)
]
print(f"as it is: {answered_right([]):.2f}")
print(f"mean for the readers: {answered_right(readers):.2f}")
print(f"mean for all others: {answered_right(rest):.2f}")
for control in controls:
    print(f"mean for as many others: {answered_right(control):.2f}")

# %% zeros
right = answered_right(readers, zeros=True)
print(f"zeros for the readers: {right:.2f}")

for control in controls:
    right = answered_right(control, zeros=True)
    print(f"zeros for as many others: {right:.2f}")

# %% how_many
step = len(readers) // 6

for count in range(step, len(readers) + 1, step):
    right = answered_right(readers[:count])
    print(f"mean for the first {count}: {right:.2f}")
