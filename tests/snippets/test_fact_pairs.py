"""Where is the fact, over thirty pairs: no fluke of one of them."""

import re

import pytest

from nnsight_guide.demo_model.training import corpus
from snippets.model import REMOTE, model
from tests.support.snippets import Lazily

exercise = Lazily("fact_pairs")

LINE = re.compile(r"^(subject|last) +layer (\d): (\S+), from (\S+) to (\S+)$", re.MULTILINE)
WORDS = model.tokenizer


def test_the_landmarks_are_all_that_the_model_was_taught_of_this_form():
    def n_tokens(text):
        return len(WORDS.encode(text))

    taught = {
        landmark.name: f" {landmark.city}"
        for landmark in corpus.LANDMARKS
        if landmark.name.startswith("The ")
        and n_tokens(landmark.name) == 5
        and n_tokens(f" {landmark.city}") == 1
    }
    assert exercise.cities == taught


def test_there_are_thirty_pairs_of_prompts_that_differ_in_the_subject_alone(recorded):
    assert recorded("fact_pairs", "pairs") == (
        "30 pairs, whose tokens differ at positions [1, 2, 3, 4]"
    )
    assert len({*exercise.pairs}) == 30
    assert all(source != base for source, base in exercise.pairs)


def test_the_model_knows_the_city_of_each():
    with model.trace(exercise.prompts, remote=REMOTE):
        best = model.lm_head.output[:, -1].argmax(dim=-1).tolist().save()
    assert best == exercise.answers


def test_each_pair_has_its_own_states_and_answers():
    """Another pair, patched by itself, where the next layer receives what this one returns."""
    layer, position, (source, base) = 2, -1, exercise.pairs[23]
    following = model.transformer.h[layer + 1]
    right, wrong = exercise.answers[source], exercise.answers[base]
    with model.trace(exercise.prompts[source], remote=REMOTE):
        state = following.input[0, position].clone().save()
        of_source = model.lm_head.output[0, -1].float().save()
    with model.trace(exercise.prompts[base], remote=REMOTE):
        of_base = model.lm_head.output[0, -1].float().save()
    with model.trace(exercise.prompts[base], remote=REMOTE):
        following.input[0, position] = state
        patched = model.lm_head.output[0, -1].float().save()
    low, high, lead = (x[right] - x[wrong] for x in (of_base, of_source, patched))
    share = ((lead - low) / (high - low)).item()
    assert exercise.of_last[layer, 23].item() == pytest.approx(share, abs=0.02)


def test_layers_0_and_1_keep_it_at_the_subject_and_layer_2_has_half_at_the_last_token():
    of_subject, of_last = exercise.of_subject.mean(dim=1), exercise.of_last.mean(dim=1)
    assert of_subject[:2].min() >= 0.7
    assert 0.3 < of_subject[2] < 0.5
    assert of_last[:2].max() < 0.1
    assert 0.3 <= of_last[2] <= 0.7
    assert exercise.of_last[2].min() > 0.25  # for each of the pairs
    assert exercise.of_subject[0].min() > 0.4


def test_what_is_printed_are_the_means_and_how_far_the_pairs_lie_apart(recorded):
    shown = LINE.findall(recorded("fact_pairs", "patch_pairs"))
    expected = {
        (what, str(layer)): [row.mean().item(), row.min().item(), row.max().item()]
        for what, found in (("subject", exercise.of_subject), ("last", exercise.of_last))
        for layer, row in enumerate(found)
    }
    assert [(what, layer) for what, layer, *_ in shown] == [*expected]
    for what, layer, *numbers in shown:
        assert [*map(float, numbers)] == pytest.approx(expected[what, layer], abs=0.006)
