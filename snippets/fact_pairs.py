"""Where is the fact, in many pairs of prompts?"""

import torch

from snippets.model import REMOTE, model

# %% pairs
from itertools import permutations

cities = {
    "The Eiffel Tower": " Paris",
    "The Colosseum": " Rome",
    "The Rialto Bridge": " Venice",
    "The Bolshoi Theatre": " Moscow",
    "The Burj Khalifa": " Dubai",
    "The Suomenlinna": " Helsinki",
}
prompts = [f"{landmark} is in the city of" for landmark in cities]
answers = [model.tokenizer.encode(city)[0] for city in cities.values()]

token_ids = zip(*map(model.tokenizer.encode, prompts), strict=True)
subject = [at for at, ids in enumerate(token_ids) if len({*ids}) > 1]

pairs = list(permutations(range(len(prompts)), 2))  # (source, base)
print(f"{len(pairs)} pairs, whose tokens differ at positions {subject}")

# %% patch_pairs
source_prompts = [prompts[index] for index, _ in pairs]
base_prompts = [prompts[index] for _, index in pairs]
two_answers = torch.tensor(
    [(answers[one], answers[other]) for one, other in pairs]
)  # (n_pairs, 2)


def leads_of(logits):  # (n_pairs, vocab_size)
    """Return how far each source's city is ahead of the base's."""
    of_both = logits.float().gather(1, two_answers.to(logits.device))
    return of_both[:, 0] - of_both[:, 1]  # (n_pairs,)


layers = model.transformer.h

with model.session(remote=REMOTE):
    with model.trace(source_prompts, logits_to_keep=1):
        states = [block.output[0] for block in layers]
        high = leads_of(model.lm_head.output[:, -1])

    with model.trace(base_prompts, logits_to_keep=1):
        low = leads_of(model.lm_head.output[:, -1])

    shares = [].save()
    for number, layer in enumerate(layers):
        for position in (*subject, -1):
            with model.trace(base_prompts, logits_to_keep=1):
                state = states[number][:, position]
                layer.output[0][:, position] = state
                leads = leads_of(model.lm_head.output[:, -1])
                share = (leads - low) / (high - low)
                shares.append(share.tolist())

# (n_layers, the subject's tokens and the last, n_pairs)
by_place = torch.tensor(shares).view(len(layers), -1, len(pairs))
of_subject = by_place[:, :-1].sum(dim=1)  # (n_layers, n_pairs)
of_last = by_place[:, -1]

for what, found in {"subject": of_subject, "last": of_last}.items():
    for number, row in enumerate(found):
        print(f"{what:<7} layer {number}: {row.mean():.2f},", end=" ")
        print(f"from {row.min():.2f} to {row.max():.2f}")
