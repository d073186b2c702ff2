"""Part two, chapter 1: what is changed, and what becomes of the answer."""

import re

import nnsight
import pytest
import torch

from snippets.model import REMOTE, model
from tests.support.snippets import Lazily

chapter = Lazily("changing_values")

SHOWN = re.compile(r"^(.*?) +('.*?') +P\(Paris\) ([\d.]+), (-?[\d.]+) ahead of Rome$", re.MULTILINE)
SCORE = re.compile(r"(\d) of 8 right, mean P\(answer\) ([\d.]+)")


@pytest.fixture(scope="module")
def runs(recorded):
    """What each run of a cell showed: the best token, the probability, the lead."""

    def runs(cell):
        found = SHOWN.findall(recorded("changing_values", cell))
        return {what: (best, float(p), float(lead)) for what, best, p, lead in found}

    return runs


@pytest.fixture(scope="module")
def scores(recorded):
    """How many answers each run of a cell had right, and their mean probability."""

    def scores(cell):
        found = SCORE.findall(recorded("changing_values", cell))
        return [(int(n_right), float(mean)) for n_right, mean in found]

    return scores


@pytest.fixture(scope="module")
def ids():
    return torch.tensor([model.tokenizer.encode(chapter.prompt)])


def test_paris_is_the_answer_and_its_lead_is_a_difference_of_logits(runs, module_here, ids):
    logits = module_here(ids).logits[0, -1].float()
    paris, rome = (model.tokenizer.encode(f" {city}")[0] for city in ("Paris", "Rome"))
    best, p_paris, lead = runs("measure")["as it is"]
    assert best == "' Paris'"
    assert p_paris == pytest.approx(logits.softmax(-1)[paris].item(), abs=0.001)
    assert lead == pytest.approx((logits[paris] - logits[rome]).item(), abs=0.06)


def test_without_the_mlp_of_layer_1_the_answer_is_lost_in_place_or_replaced(runs):
    (in_place,), (replaced,) = runs("in_place").values(), runs("replace").values()
    assert in_place == replaced
    best, p_paris, lead = in_place
    assert best != "' Paris'"
    assert 0.1 < p_paris < 0.3
    assert 4 < lead < 6


def test_a_tuple_takes_no_other_element_and_its_tensor_takes_other_values(
    recording, runs, module_here, ids
):
    failed = recording("changing_values").cell("tuple_element")["outputs"][-1]
    said = f"{failed['ename']}: {failed['evalue']}"  # a service tells it as the end of its error
    assert "TypeError: 'tuple' object does not support item assignment" in said
    with module_here.transformer.h[1].register_forward_hook(
        lambda _, __, output: (2 * output[0], *output[1:])
    ):
        logits = module_here(ids).logits[0, -1].float()
    best, p_paris, _ = runs("inside_a_tuple")["layer 1 twice"]
    assert best == repr(model.tokenizer.decode(logits.argmax()))
    assert p_paris == pytest.approx(logits.softmax(-1)[chapter.paris].item(), abs=0.001)


def test_a_skipped_layer_hands_on_what_it_was_given(runs):
    with model.trace(chapter.prompt, remote=REMOTE):
        block = model.transformer.h[1]
        block.output[0][:] = block.input
        logits = model.lm_head.output[0, -1].save()
    best, p_paris, lead = runs("skip")["no layer 1"]
    assert best == repr(model.tokenizer.decode(logits.argmax()))
    assert p_paris == pytest.approx(logits.float().softmax(-1)[chapter.paris].item(), abs=0.001)
    assert p_paris < 0.1 * runs("in_place")["no MLP 1"][1]
    assert abs(lead - runs("in_place")["no MLP 1"][2]) < 0.5


def test_only_what_comes_later_changes_and_the_change_grows(recorded):
    shown = recorded("changing_values", "what_follows")
    changes = [int(percent) for percent in re.findall(r"(\d+)%", shown)]
    assert changes[0] == 0
    assert changes[1:] == sorted(changes[1:])
    with model.trace(chapter.prompt, remote=REMOTE):
        mlp = model.transformer.h[1].mlp.output.norm().item()
        share = mlp / model.transformer.h[1].output[0].norm().item()
        percent = nnsight.save(100 * share)
    assert changes[1] == pytest.approx(percent, abs=1)  # what the MLP would have added is gone
    assert len(changes) == model.config.n_layer


def test_what_was_kept_without_a_copy_is_zero(recorded):
    assert recorded("changing_values", "keep_a_copy").startswith("kept:   0.0\ncopied: ")
    assert chapter.copied.norm() > 1
    assert not chapter.kept.any()


def test_a_head_writes_into_every_column_and_the_slip_cuts_its_width_of_them(recorded, runs):
    width = model.config.n_embd
    first = recorded("changing_values", "one_head").splitlines()[0]
    assert first == f"{width} of {width} columns have changed"
    slip = recorded("changing_values", "after_the_heads_are_mixed")
    assert slip == f"{chapter.d_head} of {width} columns have changed"
    assert runs("one_head")["no head 5"][1] > 0.95


def test_the_columns_of_a_head_are_what_its_own_pattern_and_values_give():
    with model.trace(chapter.prompt, remote=REMOTE):
        attention = model.transformer.h[0].attn
        values = attention.v_proj.output.save()
        handed_in = attention.out_proj.input.save()
        pattern = attention.output[1].save()
    of_head_5 = pattern[0, 5] @ values[0, :, chapter.columns]
    assert torch.allclose(of_head_5, handed_in[0, :, chapter.columns], atol=0.02, rtol=0.02)


@pytest.mark.parametrize("layer", range(model.config.n_layer))
def test_no_single_head_matters_for_this_prompt(layer):
    n_heads, width = model.config.n_head, chapter.d_head
    with model.trace([chapter.prompt] * n_heads, remote=REMOTE):
        handed_in = model.transformer.h[layer].attn.out_proj.input
        for head in range(n_heads):  # each row does without another one
            handed_in[head, :, head * width : (head + 1) * width] = 0
        logits = model.lm_head.output[:, -1].save()
    assert logits.float().softmax(-1)[:, chapter.paris].min() > 0.95


def test_zeros_make_three_modules_look_indispensable_and_means_only_one(scores):
    assert scores("landmarks") == [(8, 0.97)]
    shown = scores("zero_or_mean")
    zeros, means = shown[::2], shown[1::2]
    assert [n_right <= 5 for n_right, _ in zeros] == [True] * 3
    assert zeros[0][0] <= 2
    assert zeros[1][0] <= 3
    assert means[1][0] == 8
    assert means[1][1] > 0.95
    assert means[2][1] < 0.9
    assert means[2][1] > zeros[2][1] + 0.1


def test_the_means_hold_also_without_the_prompt_s_own_part_in_them():
    module = model.transformer.h[0].attn.out_proj
    with model.trace(chapter.prompts, remote=REMOTE):
        last = module.output[:, -1].save()
    others = (last.sum(dim=0) - last) / (len(last) - 1)
    with model.trace(chapter.prompts, remote=REMOTE):
        module.output[:, -1] = others
        logits = model.lm_head.output[:, -1].save()
    assert chapter.score(logits)[0] == 8


def test_the_first_mlp_writes_the_same_for_every_prompt_that_ends_alike():
    with model.trace(chapter.prompts, remote=REMOTE):
        last = model.transformer.h[0].mlp.output[:, -1].save()
    assert (last == last[0]).all()


def test_the_last_token_of_all_prompts_is_the_same_and_each_answer_is_one_token():
    assert {model.tokenizer.encode(prompt)[-1] for prompt in chapter.prompts} == {
        model.tokenizer.encode(" of")[0]
    }
    assert [model.tokenizer.decode(answer) for answer in chapter.answers] == [
        *chapter.cities.values()
    ]


def test_no_single_position_needs_the_mlp_of_layer_1(runs, module_here, ids):
    shown = runs("one_position").values()
    assert min(p_paris for _, p_paris, _ in shown) > 0.95
    for position, (_, p_paris, lead) in enumerate(shown):
        hook = module_here.transformer.h[1].mlp.register_forward_hook(
            lambda _, __, output, at=position: output.index_fill(1, torch.tensor(at), 0)
        )
        with hook, torch.no_grad():
            logits = module_here(ids).logits[0, -1]
        p = logits.float().softmax(-1)[chapter.paris].item()
        assert p_paris == pytest.approx(p, abs=0.0006)
        assert lead == pytest.approx(
            (logits[chapter.paris] - logits[chapter.rome]).item(), abs=0.06
        )


def test_an_edited_model_makes_the_change_and_leaves_the_model_alone(runs):
    shown = runs("edited_model")
    assert shown["edited"] == runs("in_place")["no MLP 1"]
    assert shown["model"] == runs("measure")["as it is"]


@pytest.mark.local
def test_in_place_an_edit_stays_until_it_is_cleared():
    def best():
        with model.trace(chapter.prompt):
            token = model.lm_head.output[0, -1].argmax().save()
        return model.tokenizer.decode(token)

    with model.edit(inplace=True):
        model.transformer.h[1].mlp.output[:] = 0
    try:
        assert best() != " Paris"
    finally:
        model.clear_edits()
    assert best() == " Paris"
