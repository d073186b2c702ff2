"""A map of what goes with each head: what is right, and each slip with its own reason."""

import numpy as np
import pytest
import torch

from nnsight_guide import checks
from tests.checks.test_questions import ODD
from tests.support.small_gpt_j import D_HEAD, N_HEADS, small_gpt_j

PROMPTS = [  # of unequal length
    "The Eiffel Tower is in the city of",
    "Big Ben is in the city of",
    "The Colosseum is in the city of",
    "The Brandenburg Gate is in the city of",
    "The Kremlin is in the city of",
]
N_LAYERS, N_PROMPTS = 3, len(PROMPTS)


@pytest.fixture(scope="module")
def model(profile):
    return small_gpt_j(torch.float32, profile.model_id)


@pytest.fixture(scope="module")
def answers(model):
    return told_apart(model)


def told_apart(model):
    """For each prompt, the token that it favours over the next prompt, and the reverse."""
    logits = logits_of(model)
    changes = logits - logits.roll(-1, 0)
    return list(zip(changes.argmax(-1).tolist(), changes.argmin(-1).tolist(), strict=True))


def logits_of(model):
    with model.trace(PROMPTS, logits_to_keep=1):
        logits = model.lm_head.output[:, -1].float().save()
    return logits.detach()


def own(head):
    return slice(head * D_HEAD, (head + 1) * D_HEAD)


def put_mean(values, head):
    values[:, -1, own(head)] = values[:, -1, own(head)].mean(dim=0)


def runs(model, change=put_mean, at_output=False, kept=lambda layer, head: []):
    """The logits of each run without a head, one at a time, as a reader would write it."""
    found = []
    for number in range(N_LAYERS):
        for head in range(N_HEADS):
            with model.trace(PROMPTS, logits_to_keep=1):
                for layer, out in [*kept(number, head), (number, head)]:
                    module = model.transformer.h[layer].attn.out_proj
                    values = module.output if at_output else module.input
                    change(values, out)
                logits = model.lm_head.output[:, -1].float().save()
            found.append(logits.detach())
    return torch.stack(found).unflatten(0, (N_LAYERS, N_HEADS))


def picked(logits, answers, place):
    """The right (0) or wrong (1) answers' logits of (…, n_prompts, vocab_size)."""
    return logits[..., range(N_PROMPTS), [pair[place] for pair in answers]]


def leads_of(logits, answers):
    return picked(logits, answers, 0) - picked(logits, answers, 1)


def lost_by(model, answers, **options):
    leads = leads_of(runs(model, **options), answers).mean(-1)
    return 1 - leads / leads_of(logits_of(model), answers).mean()


@pytest.fixture(scope="module")
def without(model):
    return runs(model)


@pytest.fixture(scope="module")
def lost(model, answers, without):
    return 1 - leads_of(without, answers).mean(-1) / leads_of(logits_of(model), answers).mean()


@pytest.fixture(scope="module")
def judge(model, answers):
    def judge(lost, **options):
        asked = {"model": model, "prompts": PROMPTS, "answers": answers} | options
        return checks.fault_in_head_ablation(lost, **asked)

    return judge


def test_the_right_map_is_called_right_in_one_line(model, answers, lost, capsys):
    checks.check_head_ablation(lost, model=model, prompts=PROMPTS, answers=answers)
    assert capsys.readouterr().out == (
        "Right: this is the share of the lead that goes with each head.\n"
    )


@pytest.mark.parametrize("form", [torch.Tensor.tolist, torch.Tensor.numpy, torch.Tensor.double])
def test_the_map_may_have_any_form_that_holds_its_numbers(judge, lost, form):
    assert judge(form(lost)) is None


def test_a_map_can_be_checked_as_a_remote_run_would_be(judge, lost):
    assert judge(lost, remote="local") is None


def test_prompts_and_answers_may_come_as_ids_or_as_texts(model, judge, answers, lost):
    ids = [model.tokenizer(prompt)["input_ids"] for prompt in PROMPTS]
    assert judge(lost, prompts=ids) is None
    assert judge(lost, prompts=tuple(PROMPTS), answers=tuple(map(list, answers))) is None
    texts = [(" Paris", " Rome")] * N_PROMPTS
    assert judge(lost_by(model, [(6342, 10598)] * N_PROMPTS), answers=texts) is None


def test_the_right_map_of_a_model_that_rounds_is_right(profile):
    rounding = small_gpt_j(torch.bfloat16, profile.model_id)
    asked = {"model": rounding, "prompts": PROMPTS, "answers": told_apart(rounding)}
    lost = lost_by(rounding, asked["answers"])
    assert checks.fault_in_head_ablation(lost, **asked) is None
    assert "the sign is wrong" in checks.fault_in_head_ablation(-lost, **asked)


def test_heads_of_the_random_model_differ_by_far_more_than_rounding(lost):
    assert lost.abs().max() > 0.05
    assert lost.std() > 0.02


SHAPED = {
    "heads and layers exchanged": (lambda m: m.T, "heads and layers are exchanged, (4, 3); w"),
    "one long row": (lambda m: m.flatten(), "one long row, (12,): .view(n_layers, n_heads)"),
    "a number for each prompt": (lambda m: m[..., None].expand(3, 4, 5), "number for each prompt"),
    "one number for each layer": (lambda m: m.sum(1), "one number for each layer, (3,): cut it"),
    "a single layer": (lambda m: m[0], "this is one layer, (4,): take each"),
    "two layers": (lambda m: m[:2], "the model has 3 layers, and the map 2"),
    "a head too few": (lambda m: m[:, 1:], "a layer has 4 heads, and a row of the map 3"),
    "something else": (lambda m: m.flatten()[1:], "the shape is (11,); wanted is (n_layers, n"),
    "nothing": (lambda m: None, "`lost` is None: hand in one number for each layer and head"),
    "the place left open": (lambda m: ..., "`lost` is `...`: hand in one number"),
    "words": (lambda m: "0.3", "is a str that cannot be read as numbers"),
    "rows of unequal length": (lambda m: [[1.0], [1.0, 2.0]], "a list that cannot be read"),
    "an array of objects": (lambda m: np.array([None]), "a ndarray that cannot be read"),
    "a meta tensor": (lambda m: m.to("meta"), "a shape and no numbers"),
    "no number": (lambda m: m / 0, "values that are no numbers"),
}


@pytest.mark.parametrize("slip", SHAPED)
def test_each_wrong_form_gets_its_own_reason(judge, lost, slip, tried):
    make, said = SHAPED[slip]
    assert said in judge(make(lost))
    tried["wrong maps"].append(slip)


def test_each_slip_after_the_runs_gets_its_own_reason(model, judge, answers, without, lost, tried):
    logits = logits_of(model)
    leads, as_is = leads_of(without, answers), leads_of(logits, answers)
    p_without, p_as_is = (picked(x.softmax(-1), answers, 0) for x in (without, logits))
    rights, right = picked(without, answers, 0), picked(logits, answers, 0)
    slips = {
        "these are leads, and no shares yet": leads.mean(-1),
        "these are logits that are lost, and no shares": as_is.mean() - leads.mean(-1),
        "these are changes, and no shares yet": leads.mean(-1) - as_is.mean(),
        "the sign is wrong": -lost,
        "this is the share that is left": 1 - lost,
        "these are probabilities": p_as_is.mean() - p_without.mean(-1),
        "these are shares of a probability": 1 - p_without.mean(-1) / p_as_is.mean(),
        "these are shares of the right answer's logit": 1 - rights.mean(-1) / right.mean(),
        "this is the first prompt alone": 1 - leads[..., 0] / as_is[0],
        "the mean of each prompt's share": (1 - leads / as_is).mean(-1),
        "the layers stand in reverse order": lost.flip(0),
        "the heads stand in reverse order": lost.flip(1),
        "were exchanged before the numbers were put": lost.T.reshape(N_LAYERS, N_HEADS),
        "and no .T is needed": lost.reshape(N_HEADS, N_LAYERS).T,
        "nothing has changed in any run": torch.zeros_like(lost),
        "these are per cent": 100 * lost,
        "one layer too late": lost.roll(1, 0),
        "one layer too early": lost.roll(-1, 0),
        "one head too far to the right": lost.roll(1, 1),
        "one head too far to the left": lost.roll(-1, 1),
    }
    for said, wrong in slips.items():
        assert said in judge(wrong), said
        tried["wrong maps"].append(said)


def put(columns=own, position=-1, new=lambda whole, part: part.mean(0), rows=slice(None)):
    """A change of the columns of a head at a position, to what is made of all or of that part."""

    def change(values, head):
        whole = values[..., columns(head)].clone()
        values[rows, position, columns(head)] = new(whole, whole[rows, position])

    return change


EVERY = slice(None)
OTHER_RUNS = {
    "what cutting `out_proj.output` gives": {"at_output": True},
    "and not [..., head::n_heads]": {"change": put(lambda head: slice(head, None, N_HEADS))},
    "these are as many as there are heads": {
        "change": put(lambda head: slice(head * N_HEADS, (head + 1) * N_HEADS))
    },
    "one column for each head": {"change": put(lambda head: slice(head, head + 1))},
    "these are zeros in the place of a head": {"change": put(new=lambda whole, part: 0)},
    "this changes every position": {"change": put(position=EVERY)},
    "this changes the first position": {"change": put(position=0)},
    "over the positions of each prompt": {"change": put(new=lambda whole, part: whole.mean(1))},
    "over the columns of the head": {
        "change": put(new=lambda whole, part: part.mean(-1, keepdim=True))
    },
    "over all positions as well": {"change": put(new=lambda whole, part: whole.mean((0, 1)))},
    "this mean is a single number": {"change": put(new=lambda whole, part: whole.mean())},
    "only the first prompt was changed": {
        "change": put(rows=slice(1), new=lambda whole, part: whole[:, -1].mean(0))
    },
    "the heads of its layer that went before it": {
        "kept": lambda layer, head: [(layer, before) for before in range(head)]
    },
    "kept all heads that went before it": {
        "kept": lambda layer, head: [divmod(n, N_HEADS) for n in range(layer * N_HEADS + head)]
    },
    "all heads of a layer have the same number": {"change": put(lambda head: slice(None))},
}


@pytest.mark.parametrize("said", OTHER_RUNS)
def test_each_slip_in_the_runs_gets_its_own_reason(model, judge, answers, said, tried):
    assert said in judge(lost_by(model, answers, **OTHER_RUNS[said]))
    tried["wrong maps"].append(said)


def test_other_numbers_are_told_with_the_place_where_they_differ_most(judge, lost):
    wrong = lost.clone()
    wrong[1, 3] += 3
    assert "the largest difference is at layer 1, head 3" in judge(wrong)


def test_a_map_that_is_off_by_less_than_its_own_numbers_is_not_right(judge, lost):
    assert judge(lost + 0.003) is not None
    assert judge(torch.zeros_like(lost)) is not None


CALLS = {
    "one prompt": ({"prompts": PROMPTS[0]}, "`prompts` is a str, and should be a list of two"),
    "a list of one": ({"prompts": PROMPTS[:1]}, "a list of two prompts at least"),
    "no prompt among them": ({"prompts": [*PROMPTS[1:], 3]}, "`prompts[4]` is an int"),
    "an empty prompt": ({"prompts": ["", *PROMPTS[1:]]}, "`prompts[0]` is empty"),
    "no answers": ({"answers": None}, "`answers` is None, and should have one pair"),
    "an answer too few": ({"answers": [(1, 2)] * 4}, "a list of 4, and should have one pair"),
    "one answer each": ({"answers": [" Paris"] * 5}, "`answers` holds a str, and should have one"),
    "an answer without its space": ({"answers": [("Barcelona", " Rome")] * 5}, "is its space"),
    "an answer that is a list": ({"answers": [([1], 2)] * 5}, "`answers` holds a list"),
    "the same answer twice": ({"answers": [(" Rome", " Rome")] * 5}, "the same token twice"),
    "a wrong remote": ({"remote": "yes"}, "`remote` should be True, False or 'local'"),
    "no model": ({"model": None}, "`model` is None, and should be the GPT-J"),
}


@pytest.mark.parametrize("call", CALLS)
def test_each_wrong_call_gets_one_line_that_names_its_argument(judge, lost, call, tried):
    options, said = CALLS[call]
    told = judge(lost, **options)
    assert said in told
    assert "\n" not in told
    tried["wrong calls"].append(call)


def test_answers_in_the_wrong_order_are_told_so(judge, answers, lost):
    exchanged = [(wrong, right) for right, wrong in answers]
    assert "is the right one the first of each pair?" in judge(lost, answers=exchanged)


def test_prompts_that_are_all_the_same_depend_on_no_head(judge, answers, lost):
    same = {"prompts": PROMPTS[:1] * 3, "answers": answers[:1] * 3}
    assert "no larger than rounding" in judge(lost, **same)


@pytest.mark.parametrize("where", ["lost", "prompts", "answers", "model", "remote"])
def test_whatever_is_handed_in_gets_a_line_and_never_an_exception(
    model, answers, lost, where, capsys, tried
):
    for odd in ODD:
        if odd is True and where == "remote":
            continue  # which is right
        given = {"lost": lost, "prompts": PROMPTS, "answers": answers, "model": model}
        checks.check_head_ablation(**{**given, where: odd})
        printed = capsys.readouterr().out
        assert printed.startswith("Not yet: "), (where, type(odd))
        assert printed.count("\n") == 1
        tried["odd objects"].append(where)
