"""Changing a value: ablation, and what it does to the answer."""

import torch

from snippets.model import REMOTE, model

# %% measure
prompt = "The Eiffel Tower is in the city of"
paris = model.tokenizer.encode(" Paris")[0]
rome = model.tokenizer.encode(" Rome")[0]


def measure(logits):  # (vocab_size,)
    p_paris = logits.float().softmax(dim=-1)[paris]
    lead = logits[paris] - logits[rome]
    return [logits.argmax().item(), p_paris.item(), lead.item()]


def show(what, measured):
    best, p_paris, lead = measured
    print(f"{what:<14} {model.tokenizer.decode(best)!r:<13}", end=" ")
    print(f"P(Paris) {p_paris:.3f}, {lead:.1f} ahead of Rome")


with model.trace(prompt, remote=REMOTE):
    measured = measure(model.lm_head.output[0, -1]).save()

show("as it is", measured)

# %% in_place
with model.trace(prompt, remote=REMOTE):
    model.transformer.h[1].mlp.output[:] = 0
    measured = measure(model.lm_head.output[0, -1]).save()

show("no MLP 1", measured)

# %% replace
with model.trace(prompt, remote=REMOTE):
    mlp = model.transformer.h[1].mlp
    mlp.output = torch.zeros_like(mlp.output)
    measured = measure(model.lm_head.output[0, -1]).save()

show("MLP 1 replaced", measured)

# %% tuple_element tags=["active-ipynb", "raises-exception"]
# with model.trace(prompt, remote=REMOTE):
#     hidden_states = model.transformer.h[1].output[0]
#     model.transformer.h[1].output[0] = 2 * hidden_states

# %% inside_a_tuple
with model.trace(prompt, remote=REMOTE):
    hidden_states = model.transformer.h[1].output[0]
    hidden_states[:] = 2 * hidden_states
    measured = measure(model.lm_head.output[0, -1]).save()

show("layer 1 twice", measured)

# %% skip
with model.trace(prompt, remote=REMOTE):
    block = model.transformer.h[1]
    block.skip((block.input, None))  # (hidden states, attention)
    measured = measure(model.lm_head.output[0, -1]).save()

show("no layer 1", measured)

# %% what_follows
layers = model.transformer.h

with model.trace([prompt, prompt], remote=REMOTE):
    changes = [].save()
    for number, layer in enumerate(layers):
        if number == 1:
            layer.mlp.output[1] = 0  # in the second row only
        as_it_is, changed = layer.output[0]  # (seq_len, d_model) each
        change = (changed - as_it_is).norm() / as_it_is.norm()
        changes.append(change.item())

for number, change in enumerate(changes):
    print(f"layer {number}: its output has changed by {change:.0%}")

# %% keep_a_copy
with model.trace(prompt, remote=REMOTE):
    mlp = model.transformer.h[1].mlp
    kept = mlp.output[0, -1].save()  # (d_model,)
    copied = mlp.output[0, -1].clone().save()
    mlp.output[:] = 0

print(f"kept:   {kept.norm().item():.1f}")
print(f"copied: {copied.norm().item():.1f}")

# %% one_head
d_model = model.config.n_embd
d_head = d_model // model.config.n_head
columns = slice(5 * d_head, 6 * d_head)  # those of head 5
out_proj = model.transformer.h[0].attn.out_proj


def columns_that_differ(rows):  # (2, seq_len, d_model)
    return (rows[0] != rows[1]).any(dim=0).sum()


with model.trace([prompt, prompt], remote=REMOTE):
    out_proj.input[1, :, columns] = 0
    n_changed = columns_that_differ(out_proj.output).save()
    measured = measure(model.lm_head.output[1, -1]).save()

print(f"{n_changed} of {d_model} columns have changed")
show("no head 5", measured)

# %% after_the_heads_are_mixed
with model.trace([prompt, prompt], remote=REMOTE):
    out_proj.output[1, :, columns] = 0
    n_changed = columns_that_differ(out_proj.output).save()

print(f"{n_changed} of {d_model} columns have changed")

# %% landmarks
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
answers = [model.tokenizer.encode(city)[0] for city in cities.values()]


def score(logits):  # (batch, vocab_size)
    right = torch.tensor(answers, device=logits.device)  # (batch,)
    n_right = (logits.argmax(dim=-1) == right).sum()
    probabilities = logits.float().softmax(dim=-1)
    p_right = probabilities.gather(1, right[:, None]).mean()
    return [n_right.item(), p_right.item()]


def show_score(what, scored):
    n_right, p_right = scored
    print(f"{what}: {n_right} of {len(answers)} right,", end=" ")
    print(f"mean P(answer) {p_right:.2f}")


with model.trace(prompts, remote=REMOTE):
    scored = score(model.lm_head.output[:, -1]).save()

show_score("as it is", scored)

# %% zero_or_mean
middle = len(layers) // 2
modules = {
    "MLP of layer 0": layers[0].mlp,
    "attention of layer 0": layers[0].attn.out_proj,
    f"attention of layer {middle}": layers[middle].attn.out_proj,
}

for name, module in modules.items():
    with model.trace(prompts, remote=REMOTE):
        module.output[:, -1] = 0
        zeroed = score(model.lm_head.output[:, -1]).save()

    with model.trace(prompts, remote=REMOTE):
        mean = module.output[:, -1].mean(dim=0)  # (d_model,)
        module.output[:, -1] = mean
        averaged = score(model.lm_head.output[:, -1]).save()

    show_score(f"{name}, zero", zeroed)
    show_score(f"{name}, mean", averaged)

# %% one_position
tokens = map(model.tokenizer.decode, model.tokenizer.encode(prompt))

for position, token in enumerate(tokens):
    with model.trace(prompt, remote=REMOTE):
        model.transformer.h[1].mlp.output[:, position] = 0
        measured = measure(model.lm_head.output[0, -1]).save()
    show(repr(token), measured)

# %% edited_model
with model.edit() as (tracer, edited):
    edited.transformer.h[1].mlp.output[:] = 0

for name, each in {"edited": edited, "model": model}.items():
    with each.trace(prompt, remote=REMOTE):
        measured = measure(each.lm_head.output[0, -1]).save()
    show(name, measured)
