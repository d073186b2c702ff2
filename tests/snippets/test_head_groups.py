"""The exercise on groups of heads: what is lost without them, and what without as many others."""

import re
from contextlib import ExitStack

import pytest
import torch

from snippets.model import model
from tests.support.snippets import Lazily

exercise = Lazily("head_groups")

SHARE = re.compile(r"^(.*): ([\d.]+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def shown(recorded):
    """What each line of a cell says, in order, and its share."""

    def shown(cell):
        found = SHARE.findall(recorded("head_groups", cell))
        return [(what, float(share)) for what, share in found]

    return shown


def test_words_are_one_token_each_and_every_sequence_is_said_twice():
    words = [model.tokenizer.decode(token) for token in exercise.word_ids]
    assert "".join(words) == exercise.words
    assert len(set(words)) == exercise.words.count(" ")
    assert exercise.n_words == len(exercise.orders) == 12
    for sequence, order in zip(exercise.twice, exercise.orders, strict=True):
        assert sequence == order + order
        assert len(set(order)) == exercise.n_words


def test_four_heads_of_the_first_layer_look_one_back_and_no_other_does(recorded):
    assert {number for number, _ in exercise.by_one_back[:4]} == {0}
    scores = sorted(exercise.one_back, reverse=True)
    assert scores[3] > 0.95
    assert scores[4] < 0.4
    lines = recorded("head_groups", "rank").splitlines()
    pairs = zip(exercise.by_one_back[:6], scores[:6], strict=True)
    assert lines == [
        f"layer {number}, head {head}: {score:.2f} one back" for (number, head), score in pairs
    ]


def test_the_repetition_is_lost_without_those_four_and_kept_without_as_many_others(shown):
    (_, right), (_, without), *controls = shown("repeat_without")
    assert right > 0.95
    assert without < 0.1
    assert len(controls) == 3
    assert min(share for _, share in controls) > 0.9


def test_the_repetition_is_counted_as_hooks_of_pytorch_count_it(module_here, shown):
    """Without nnsight, and at each place of the second round whose word has come before."""
    taken_out = {}
    for number, head in exercise.previous:
        taken_out.setdefault(number, []).append(exercise.columns_of(head))

    def zero(columns):
        def put_in(_, args):
            values = args[0].clone()
            for each in columns:
                values[..., each] = 0
            return (values,)

        return put_in

    def right():
        ids = torch.tensor(exercise.twice)
        with torch.no_grad():
            best = module_here(ids).logits.argmax(-1)
        counted = best[:, exercise.n_words : -1] == ids[:, exercise.n_words + 1 :]
        return counted.float().mean().item()

    expected = [right()]
    with ExitStack() as hooks:
        for number, columns in taken_out.items():
            out_proj = module_here.transformer.h[number].attn.out_proj
            hooks.enter_context(out_proj.register_forward_pre_hook(zero(columns)))
        expected.append(right())
    found = [share for _, share in shown("repeat_without")[:2]]
    assert found == pytest.approx(expected, abs=0.011)


def test_the_last_five_tokens_are_no_part_of_the_landmark():
    ends = {tuple(model.tokenizer.encode(prompt)[-5:]) for prompt in exercise.prompts}
    assert ends == {tuple(model.tokenizer.encode(" is in the city of"))}
    assert len(exercise.prompts) >= 30
    assert len(set(exercise.cities)) == len(exercise.cities)


def test_readers_look_at_the_landmark_more_than_any_other_head():
    n_heads = model.config.n_head
    scores = {divmod(at, n_heads): score for at, score in enumerate(exercise.to_subject)}
    assert min(map(scores.get, exercise.readers)) >= max(map(scores.get, exercise.rest))
    assert (len(exercise.readers), len(exercise.rest)) == (24, 40)
    assert not set(exercise.readers) & set(exercise.rest)


def test_the_mean_for_the_readers_costs_most_answers_and_for_all_40_others_none(shown):
    (_, right), (_, readers), *controls, (all_others, rest) = shown("answer_without")
    assert right == 1
    assert readers < 0.5 * right
    assert all_others == "without all others"
    assert rest >= 0.95
    assert len(controls) == 4
    assert min(share for _, share in controls) >= 0.95


def test_zeros_break_the_answer_without_readers_and_in_controls_as_well(shown):
    (_, right), (_, readers), *controls = shown("zeros")
    assert right == 1
    assert readers < 0.5
    shares = [share for _, share in controls]
    assert len(shares) == 5
    assert min(shares[:4]) <= readers  # a control fails more thoroughly than the readers
    assert max(shares[:4]) >= 0.9  # and another not at all


def test_the_controls_are_heads_that_are_no_readers_and_as_many():
    controls = [group for name, group in exercise.groups.items() if "draw" in name]
    assert len(controls) == 4
    for control in controls:
        assert len(set(control)) == len(exercise.readers)
        assert not set(control) & set(exercise.readers)


def test_the_first_readers_can_go_without_a_trace_and_all_of_them_cannot(shown):
    counted = shown("how_many")
    assert [what for what, _ in counted] == [
        f"without the first {count} readers" for count in (4, 8, 12, 16, 20, 24)
    ]
    shares = [share for _, share in counted]
    assert shares[0] >= 0.95
    assert shares[1] >= 0.9
    assert shares[-1] < 0.5
    assert shares == sorted(shares, reverse=True)
