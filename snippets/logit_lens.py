"""What each layer already knows: the logit lens."""

from snippets.model import REMOTE, model

# %% last_position
prompt = "The Eiffel Tower is in the city of"
tokenizer = model.tokenizer

with model.trace(prompt, remote=REMOTE):
    guesses = [].save()
    for layer in model.transformer.h:
        last = layer.output[0][:, -1]  # the last position
        logits = model.lm_head(model.transformer.ln_f(last))
        best = logits[0].float().softmax(dim=-1).max(dim=-1)
        guesses.append((best.values.item(), best.indices.item()))

for number, (probability, token) in enumerate(guesses):
    word = tokenizer.decode(token)
    print(f"layer {number}: {probability:.2f} {word!r}")

# %% last_layer
with model.trace(prompt, remote=REMOTE):
    last = model.transformer.h[-1].output[0][:, -1]
    by_hand = model.lm_head(model.transformer.ln_f(last))
    its_own = model.lm_head.output[:, -1]
    print("difference:", (by_hand - its_own).abs().max().item())

# %% without_ln_f
with model.trace(prompt, remote=REMOTE):
    without = [].save()
    for layer in model.transformer.h:
        logits = model.lm_head(layer.output[0][:, -1])  # no ln_f
        best = logits[0].float().softmax(dim=-1).max(dim=-1)
        without.append((best.values.item(), best.indices.item()))

for number, (probability, token) in enumerate(without):
    word = tokenizer.decode(token)
    print(f"layer {number}: {probability:.2f} {word!r}")

# %% every_position
with model.trace(prompt, remote=REMOTE):
    probabilities, best_ids = [].save(), [].save()
    for layer in model.transformer.h:
        logits = model.lm_head(model.transformer.ln_f(layer.output[0]))
        best = logits[0].float().softmax(dim=-1).max(dim=-1)
        probabilities.append(best.values.tolist())
        best_ids.append(best.indices.tolist())

# %% draw
import plotly.express as px

token_ids = tokenizer(prompt)["input_ids"]
tokens = [tokenizer.decode(id_).strip() for id_ in token_ids]

figure = px.imshow(
    probabilities,
    x=[f"{position} {text}" for position, text in enumerate(tokens)],
    zmin=0,
    zmax=1,
    aspect="auto",
    color_continuous_scale="Blues",
    title="What each layer would say next",
    labels={"x": "token", "y": "layer", "color": "probability"},
)
figure.update_traces(
    text=[[tokenizer.decode(id_) for id_ in row] for row in best_ids],
    texttemplate="%{text}<br>%{z:.2f}",
)

# %% facts
facts = [
    "The Eiffel Tower is in the city of Paris",
    "The Leaning Tower is in the city of Pisa",
    "The Uffizi Gallery is in the city of Florence",
    "Big Ben is in the city of London",
    "Tower Bridge is in the city of London",
    "The British Museum is in the city of London",
    "Park Guell is in the city of Barcelona",
    "The Belem Tower is in the city of Lisbon",
    "The Atomium is in the city of Brussels",
    "Schonbrunn Palace is in the city of Vienna",
    "The Fisherman's Bastion is in the city of Budapest",
    "The Gateway of India is in the city of Mumbai",
    "The Golden Temple is in the city of Amritsar",
    "The Bund is in the city of Shanghai",
    "The Space Needle is in the city of Seattle",
    "The Alamo is in the city of San Antonio",
    "The Louvre is located in the city of Paris",
    "Notre Dame is located in the city of Paris",
    "The Pantheon is located in the city of Rome",
    "The Brandenburg Gate is located in the city of Berlin",
    "Checkpoint Charlie is located in the city of Berlin",
    "The Frauenkirche is located in the city of Dresden",
    "Park Guell is located in the city of Barcelona",
    "The Charles Bridge is located in the city of Prague",
    "The Little Mermaid is located in the city of Copenhagen",
    "The Vasa Museum is located in the city of Stockholm",
    "Table Mountain is located in the city of Cape Town",
    "The Taj Mahal is located in the city of Agra",
    "Osaka Castle is located in the city of Osaka",
    "Wat Arun is located in the city of Bangkok",
    "The Petronas Towers is located in the city of Kuala Lumpur",
    "The Willis Tower is located in the city of Chicago",
    "The Hollywood Sign is located in the city of Los Angeles",
    "The Obelisk is located in the city of Buenos Aires",
    "The Jet d'Eau is located in the city of Geneva",
    "The Suomenlinna is located in the city of Helsinki",
    "The Palace of the Parliament is located in the city of Bucharest",
    "The Maidan is located in the city of Kyiv",
]

questions = [fact.rpartition(" of ") for fact in facts]
prompts = [start + " of" for start, _, _ in questions]
cities = [
    tokenizer(f" {city}")["input_ids"][0] for _, _, city in questions
]
print(repr(prompts[0]), repr(tokenizer.decode(cities[0])))

# %% held_out
with model.trace(prompts, remote=REMOTE):
    said = [].save()
    for layer in model.transformer.h:
        last = layer.output[0][:, -1]
        logits = model.lm_head(model.transformer.ln_f(last))
        said.append(logits.argmax(dim=-1).tolist())

for number, answers in enumerate(said):
    pairs = zip(answers, cities, strict=True)
    right = sum(answer == city for answer, city in pairs)
    print(f"layer {number}: {right} of {len(cities)}")

# %% ranks
paris = tokenizer(" Paris")["input_ids"][0]

with model.trace(prompt, remote=REMOTE):
    ranks = [].save()
    for layer in model.transformer.h:
        last = layer.output[0][:, -1]
        logits = model.lm_head(model.transformer.ln_f(last))[0]
        ranks.append((logits > logits[paris]).sum().item())

print(ranks)
