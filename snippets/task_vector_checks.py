# %% tags=["second-model"]
"""The checkers of a task's vector, at work on right and wrong ones."""

import torch

from snippets.head_outputs import mean_outputs, vector_of
from snippets.second_model import model
from snippets.task_states import (
    few_shot,
    hidden_states,
    layers,
    mean_states,
    put_in,
    test_pairs,
    train_pairs,
    zero_shot,
)

# What the page has found: to find it again would take half a minute.
antonyms = mean_states(train_pairs)
best = 20
five = [(20, 5), (14, 1), (18, 6), (17, 3), (20, 0)]
vector = vector_of(five, mean_outputs(train_pairs))

# %% check_means
from nnsight_guide.checks.tasks import check_mean_states

learned_from = [few_shot(word, train_pairs) for word, _ in train_pairs]
answers = [f" {answer}" for _, answer in train_pairs]

check_mean_states(
    antonyms, model=model, prompts=learned_from, answers=answers
)

# %% over_the_wrong_axis
with model.trace(learned_from[:3], logits_to_keep=1):
    last = [hidden_states(layer)[:, -1] for layer in layers]
    wrong = torch.stack(last).mean(dim=0).detach().save()

check_mean_states(
    wrong, model=model, prompts=learned_from[:3], answers=answers[:3]
)

# %% check_said
from nnsight_guide.checks.tasks import check_task_vector

tested_on = [zero_shot(word) for word, _ in test_pairs]
said, p = put_in(antonyms, [best], test_pairs)[best]

check_task_vector(
    said,
    model=model,
    vector=antonyms[best],
    layer=best,
    prompts=tested_on,
    learned_from=learned_from,
)

# %% training_words
said, p = put_in(antonyms, [best], train_pairs)[best]

check_task_vector(
    said,
    model=model,
    vector=antonyms[best],
    layer=best,
    prompts=[zero_shot(word) for word, _ in train_pairs],
    learned_from=learned_from,
)

# %% check_heads
from nnsight_guide.checks.tasks import check_head_vector

check_head_vector(vector, model=model, heads=five, prompts=learned_from)
