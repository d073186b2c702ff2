# %% tags=["second-model"]
"""Where is the fact, in a real model? Patching, layer by layer."""

import torch

from snippets.second_model import model

# %% prompts
base = "The Trevi Fountain is in the city of"
source = "The Eiffel Tower is in the city of"
tokenizer = model.tokenizer

for landmark in (base, source):
    print([tokenizer.decode(id_) for id_ in tokenizer.encode(landmark)])

# %% ends
paris = tokenizer.encode(" Paris")[0]
rome = tokenizer.encode(" Rome")[0]


def lead(logits):  # (..., vocab_size)
    """Return how far Paris is ahead of Rome."""
    return logits[..., paris] - logits[..., rome]


with model.session():
    with model.trace(base):
        lead_in_base = lead(model.lm_head.output[0, -1]).item().save()

    with model.trace(source):
        lead_in_source = lead(model.lm_head.output[0, -1]).item().save()

difference = lead_in_source - lead_in_base
print(f"base {lead_in_base:.1f}, source {lead_in_source:.1f}", end=", ")
print(f"difference {difference:.1f}")

# %% patch
layers = model.model.layers
seq_len = len(tokenizer.encode(base))


@torch.no_grad()  # no gradients: it saves memory
def patch(base, numbers):
    """Return leads: (n_numbers, seq_len), one for each place."""
    places = [
        (n, position) for n in numbers for position in range(seq_len)
    ]
    with model.session():
        with model.trace(source):
            states = [block.output for block in layers]  # no [0]

        with model.trace([base] * len(places), logits_to_keep=1):
            for row, (number, position) in enumerate(places):
                state = states[number][0, position]  # (d_model,)
                layers[number].output[row, position] = state
            leads = lead(model.lm_head.output[:, -1]).tolist().save()
    return torch.tensor(leads).view(-1, seq_len)


patched = patch(base, range(len(layers)))
restored = (patched - lead_in_base) / difference

# %% draw
import plotly.express as px

pieces = map(str.strip, map(tokenizer.decode, tokenizer.encode(base)))

px.imshow(
    restored,
    x=[f"{place} {piece}" for place, piece in enumerate(pieces)],
    zmin=-1,
    zmax=1,
    text_auto=".2f",
    aspect="auto",
    color_continuous_scale="RdBu",
    title="What one state of the Eiffel Tower's run restores",
    labels={"x": "token", "y": "layer", "color": "share restored"},
)

# %% other_landmarks
others = [
    "The Brandenburg Gate is in the city of",
    "The Parthenon is in the city of",
    "The Prado Museum is in the city of",
    "The Hagia Sophia is in the city of",
]
some_layers = (0, 12, 22, 23, 26)

with torch.no_grad(), model.session():
    with model.trace([source, *others]):
        states = [layer.output for layer in layers]

    leads = [].save()
    for number in some_layers:
        for position in (2, -1):  # " iffel", and the last token
            with model.trace([base] * 5, logits_to_keep=1):
                state = states[number][:, position]  # (5, d_model)
                layers[number].output[:, position] = state
                last_logits = model.lm_head.output[:, -1]
                leads.append(lead(last_logits).tolist())

shares = (torch.tensor(leads) - lead_in_base) / difference
by_place = shares.view(len(some_layers), 2, 5)

for number, (subject, last) in zip(some_layers, by_place, strict=True):
    print(f"layer {number}: token 2 {subject[0]:.2f}", end=" ")
    print(f"(others {subject[1:].mean():.2f}),", end=" ")
    print(f"last token {last[0]:.2f} (others {last[1:].mean():.2f})")

# %% answers
block = layers[12]

with model.session():
    with model.trace([source, *others]):
        state = block.output[:, 2]  # (5, d_model)

    with model.trace([base] * 5):
        block.output[:, 2] = state
        probabilities = model.lm_head.output[:, -1].softmax(dim=-1)
        best = probabilities.max(dim=-1).save()

for landmark, probability, token in zip(
    [source, *others], *best, strict=True
):
    name = landmark.removesuffix(" is in the city of")
    answer = tokenizer.decode(token)
    print(f"the state of {name}: {probability:.2f} {answer!r}")

# %% moving
o_proj = layers[23].self_attn.o_proj
d_head = 64

for heads in ([1, 4, 5], [0, 2, 3, 6, 7, 8]):
    with model.session():
        with model.trace(base):
            handed_in = o_proj.input[:, -1]  # (1, d_model)

        with model.trace(source):
            for head in heads:
                columns = slice(head * d_head, (head + 1) * d_head)
                o_proj.input[:, -1, columns] = handed_in[:, columns]
            left = lead(model.lm_head.output[0, -1]).item().save()

    share = (left - lead_in_base) / difference
    print(f"without heads {heads} of layer 23: {share:.2f} left")

# %% another_base
colosseum = "The Colosseum is in the city of"

with model.trace(colosseum):
    start = lead(model.lm_head.output[0, -1]).item().save()

of_colosseum = patch(colosseum, some_layers)
shares = (of_colosseum - start) / (lead_in_source - start)

for number, row in zip(some_layers, shares, strict=True):
    names = ", ".join(f"{share:.2f}" for share in row[1:4])
    print(f"layer {number}: tokens 1 to 3 {names};", end=" ")
    print(f"last token {row[-1]:.2f}")
