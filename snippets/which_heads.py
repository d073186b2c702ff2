"""Which heads matter: each of them taken out alone, as a map."""

import torch

from snippets.model import REMOTE, model

# %% facts
cities = {
    "The Eiffel Tower": " Paris",
    "Big Ben": " London",
    "The Colosseum": " Rome",
    "The Brandenburg Gate": " Berlin",
    "The Acropolis": " Athens",
    "The Kremlin": " Moscow",
    "The Sagrada Familia": " Barcelona",
    "The Statue of Liberty": " New",  # York
}
prompts = [f"{landmark} is in the city of" for landmark in cities]
rights = [model.tokenizer.encode(city)[0] for city in cities.values()]
wrongs = rights[1:] + rights[:1]  # the city of the next landmark


def mean_lead(logits):  # (batch, vocab_size)
    """Return how far the right cities are ahead of the wrong ones."""
    pairs = torch.tensor([rights, wrongs], device=logits.device).T
    right, wrong = logits.float().gather(1, pairs).mean(dim=0)
    return (right - wrong).item()


# Only the logits of the last position are asked for, and computed.
with model.trace(prompts, logits_to_keep=1, remote=REMOTE):
    lead = mean_lead(model.lm_head.output[:, -1]).save()

print(f"as it is: {lead:.1f} ahead")

# %% each_head
layers = model.transformer.h
n_layers, n_heads = len(layers), model.config.n_head
d_head = model.config.n_embd // n_heads

with model.session(remote=REMOTE):
    leads = [].save()
    for layer in layers:
        for head in range(n_heads):
            columns = slice(head * d_head, (head + 1) * d_head)
            with model.trace(prompts, logits_to_keep=1):
                handed_in = layer.attn.out_proj.input
                mean = handed_in[:, -1, columns].mean(dim=0)
                handed_in[:, -1, columns] = mean
                leads.append(mean_lead(model.lm_head.output[:, -1]))

lost = 1 - torch.tensor(leads).view(n_layers, n_heads) / lead

# %% draw
import plotly.express as px

px.imshow(
    lost,
    aspect="auto",
    text_auto=".0%",
    color_continuous_midpoint=0,
    color_continuous_scale="RdBu",
    title="What goes with each head",
    labels={"x": "head", "y": "layer", "color": "share of the lead"},
)

# %% whole_layers
with model.session(remote=REMOTE):
    leads = [].save()
    for layer in layers:
        with model.trace(prompts, logits_to_keep=1):
            handed_in = layer.attn.out_proj.input
            mean = handed_in[:, -1].mean(dim=0)  # of every head
            handed_in[:, -1] = mean
            leads.append(mean_lead(model.lm_head.output[:, -1]))

for number, left in enumerate(leads):
    one_by_one = lost[number].sum().item()
    print(f"layer {number}: one by one {one_by_one:.2f},", end=" ")
    print(f"all at once {1 - left / lead:.2f}")
