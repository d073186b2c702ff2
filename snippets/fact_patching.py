"""Where is the fact? Activation patching, by layer and position."""

import torch

from snippets.model import REMOTE, model

# %% prompts
base = "The Colosseum is in the city of"
source = "The Eiffel Tower is in the city of"
tokenizer = model.tokenizer

for prompt in (base, source):
    print([tokenizer.decode(id_) for id_ in tokenizer.encode(prompt)])

# %% ends
paris = tokenizer.encode(" Paris")[0]
rome = tokenizer.encode(" Rome")[0]


def lead(logits):  # (..., vocab_size)
    """Return how far Paris is ahead of Rome."""
    return logits[..., paris].float() - logits[..., rome].float()


with model.session(remote=REMOTE):
    with model.trace(base):
        lead_in_base = lead(model.lm_head.output[0, -1]).item().save()

    with model.trace(source):
        lead_in_source = lead(model.lm_head.output[0, -1]).item().save()

difference = lead_in_source - lead_in_base
print(f"base {lead_in_base:.1f}, source {lead_in_source:.1f}", end=", ")
print(f"difference {difference:.1f}")

# %% map
import plotly.express as px

layers = model.transformer.h
seq_len = len(tokenizer.encode(base))
words = map(str.strip, map(tokenizer.decode, tokenizer.encode(base)))
columns = [f"{place} {word}" for place, word in enumerate(words)]


def draw(shares, title):  # (n_layers, seq_len)
    return px.imshow(
        shares,
        x=columns,
        zmin=-1,
        zmax=1,
        text_auto=".2f",
        aspect="auto",
        color_continuous_scale="RdBu",
        title=title,
        labels={"x": "token", "y": "layer", "color": "share restored"},
    )


# %% patch
with model.session(remote=REMOTE):
    with model.trace(source):
        states = [block.output[0] for block in layers]

    leads = [].save()
    for number, layer in enumerate(layers):
        for position in range(seq_len):
            with model.trace(base):
                state = states[number][:, position]  # (1, d_model)
                layer.output[0][:, position] = state
                leads.append(lead(model.lm_head.output[0, -1]).item())

patched = torch.tensor(leads).view(len(layers), seq_len)
restored = (patched - lead_in_base) / difference

# %% draw
draw(restored, "What one state of the Eiffel Tower's run restores")

# %% other_landmarks
others = [
    "The Rialto Bridge is in the city of",
    "The Bolshoi Theatre is in the city of",
    "The Burj Khalifa is in the city of",
    "The Suomenlinna is in the city of",
]
token_ids = zip(*map(tokenizer.encode, (base, source)), strict=True)
subject = [place for place, (a, b) in enumerate(token_ids) if a != b]

with model.session(remote=REMOTE):
    with model.trace(others, logits_to_keep=1):
        states = [block.output[0] for block in layers]

    leads = [].save()
    for number, layer in enumerate(layers):
        for position in (*subject, -1):
            with model.trace([base] * len(others), logits_to_keep=1):
                state = states[number][:, position]  # (4, d_model)
                layer.output[0][:, position] = state
                mean = lead(model.lm_head.output[:, -1]).mean()
                leads.append(mean.item())

by_others = torch.tensor(leads).view(len(layers), len(subject) + 1)
control = (by_others - lead_in_base) / difference

for number in range(len(layers)):
    by_source = restored[number, subject].sum()
    print(f"layer {number}: subject {by_source:.2f}", end=" ")
    print(f"(others {control[number, :-1].sum():.2f}),", end=" ")
    print(f"last token {restored[number, -1]:.2f}", end=" ")
    print(f"(others {control[number, -1]:.2f})")

# %% gradients
with model.session(remote=REMOTE):
    with model.trace(source):
        states = [block.output[0] for block in layers]

    estimates = [].save()
    with model.trace(base):
        own_states = []
        for layer in layers:
            own_states.append(layer.output[0])
            own_states[0].requires_grad_()

        loss = lead(model.lm_head.output[0, -1])
        with loss.backward(inputs=own_states):
            for number in reversed(range(len(layers))):
                gradient = own_states[number].grad
                change = states[number] - own_states[number]
                rise = (gradient.float() * change).sum(dim=-1)
                estimates.append(rise[0].tolist())  # seq_len numbers

estimated = torch.tensor(estimates).flip(0) / difference

# %% draw_estimate
draw(estimated, "The same, estimated by gradients")

# %% agreement
strong = restored >= 0.2
same_sign = estimated[strong].sign() == restored[strong].sign()
sizes = estimated[strong] / restored[strong]

print(f"the same sign in {same_sign.sum()} of {strong.sum()} cells")
print(f"size: {sizes.mean():.0%} on average,", end=" ")
print(f"from {sizes.min():.0%} to {sizes.max():.0%}")

# %% in_steps
middle = len(layers) // 2

with model.session(remote=REMOTE):
    with model.trace(source):
        state = layers[middle].output[0][:, -1]

    steps = [].save()
    for part in (0, 0.25, 0.5, 0.75, 1):
        with model.trace(base):
            last = layers[middle].output[0][:, -1]  # (1, d_model)
            last += part * (state - last)
            reached = lead(model.lm_head.output[0, -1]).item()
            steps.append((part, reached))

for part, reached in steps:
    share = (reached - lead_in_base) / difference
    print(f"{part:.0%} of the way: {share:.2f} restored")
