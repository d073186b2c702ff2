"""A map of activation patching: what is right, and each slip with its own reason."""

import numpy as np
import pytest
import torch

from nnsight_guide import checks
from tests.checks.test_questions import ODD
from tests.support.small_gpt_j import PROMPT, small_gpt_j

SOURCE = PROMPT
BASE = "The Colosseum is in the city of"
# What the random model says of the two prompts is found out below; these it tells apart.
N_LAYERS, SEQ_LEN = 3, 10


@pytest.fixture(scope="module")
def model(profile):
    return small_gpt_j(torch.float32, profile.model_id)


@pytest.fixture(scope="module")
def answers(model):
    return told_apart(model)


def told_apart(model):
    """The two tokens by which the model tells the two prompts apart most."""
    change = end(model, SOURCE) - end(model, BASE)
    return change.argmax().item(), change.argmin().item()


def difference(logits, answers):
    return (logits[answers[0]] - logits[answers[1]]).item()


def end(model, prompt):
    with model.trace(prompt):
        logits = model.lm_head.output[0, -1].float().save()
    return logits  # noqa: RET504 - a trace must end before its values are returned


def runs(model, base=BASE, source=SOURCE, part=lambda block: block, what="own"):
    """The logits of each patched run, one at a time, as a reader would write it."""
    maps = []
    for block in model.transformer.h:
        module = part(block)
        with model.trace(source):
            output = module.output
            state = (output[0] if isinstance(output, tuple) else output).clone().save()
        row = []
        for position in range(SEQ_LEN):
            first = 0 if what == "up_to" else position
            with model.trace(base):
                output = module.output
                hidden = output[0] if isinstance(output, tuple) else output
                new = state[0, -1:] if what == "last" else state[0, first : position + 1]
                hidden[0, first : position + 1] = new
                logits = model.lm_head.output[0, -1].float().save()
            row.append(logits)
        maps.append(torch.stack(row))
    return torch.stack(maps).detach()  # (n_layers, seq_len, vocab_size)


def share(patched, base, source):
    return (patched - base) / (source - base)


def restored_by(model, answers, patched=None, **options):
    first, second = answers
    patched = runs(model, **options) if patched is None else patched
    leads = patched[..., first] - patched[..., second]
    ends = [
        difference(end(model, options.get(name, prompt)), answers)
        for name, prompt in (("base", BASE), ("source", SOURCE))
    ]
    return share(leads, *ends)


@pytest.fixture(scope="module")
def patched(model):
    return runs(model)


@pytest.fixture(scope="module")
def restored(model, answers, patched):
    return restored_by(model, answers, patched)


@pytest.fixture(scope="module")
def judge(model, answers):
    def judge(restored, **options):
        asked = {"base": BASE, "source": SOURCE, "answers": answers} | options
        return checks.fault_in_patching(restored, model=model, **asked)

    return judge


def test_the_right_map_is_called_right_in_one_line(model, answers, restored, capsys):
    checks.check_patching(restored, model=model, base=BASE, source=SOURCE, answers=answers)
    assert capsys.readouterr().out == (
        "Right: this is what each layer restores at each position.\n"
    )


@pytest.mark.parametrize("form", [torch.Tensor.tolist, torch.Tensor.numpy, torch.Tensor.double])
def test_the_map_may_have_any_form_that_holds_its_numbers(judge, restored, form):
    assert judge(form(restored)) is None


def test_a_map_can_be_checked_as_a_remote_run_would_be(judge, restored):
    assert judge(restored, remote="local") is None


def test_in_a_model_that_rounds_the_right_map_is_right_and_each_slip_the_same_slip(profile):
    rounding = small_gpt_j(torch.bfloat16, profile.model_id)
    answers = told_apart(rounding)
    asked = {"model": rounding, "base": BASE, "source": SOURCE, "answers": answers}
    patched = runs(rounding)
    restored = restored_by(rounding, answers, patched)
    assert checks.fault_in_patching(restored, **asked) is None
    leads = patched[..., answers[0]] - patched[..., answers[1]]
    base, source = (difference(end(rounding, prompt), answers) for prompt in (BASE, SOURCE))
    slips = {
        "the share that is still missing": 1 - restored,
        "these are differences of logits": leads,
        "these are changes of the difference": leads - base,
        "and not by one of them": (leads - base) / source,
        "these are per cent": 100 * restored,
    }
    for said, wrong in slips.items():
        assert said in checks.fault_in_patching(wrong, **asked)


def test_the_last_position_of_the_last_layer_restores_all_and_no_position_before_it_any(restored):
    assert restored[-1, -1].item() == pytest.approx(1, abs=0.02)
    assert restored[-1, :-1].abs().max() < 0.02
    assert restored[0].abs().max() > 0.05


SHAPED = {
    "layers and positions exchanged": (lambda m: m.T, "layers and positions are exchanged"),
    "a dimension of one": (lambda m: m[None], "a dimension of 1 too many, (1, 3, 10)"),
    "one number for each layer": (lambda m: m.sum(1), "and not the whole prompt; wanted"),
    "a single layer": (lambda m: m[0], "this is one layer, (10,)"),
    "two layers": (lambda m: m[:2], "the model has 3 layers, and the map 2"),
    "a position too few": (lambda m: m[:, 1:], "the prompts have 10 tokens, and the map 9"),
    "something else": (lambda m: m.flatten(), "the shape is (30,); wanted is (n_layers, seq_len)"),
    "nothing": (lambda m: None, "`restored` is None: hand in one number for each"),
    "the place left open": (lambda m: ..., "`restored` is `...`: hand in one number"),
    "words": (lambda m: "0.3", "is a str that cannot be read as numbers"),
    "rows of unequal length": (lambda m: [[1.0], [1.0, 2.0]], "a list that cannot be read"),
    "an array of objects": (lambda m: np.array([None]), "a ndarray that cannot be read"),
    "a meta tensor": (lambda m: m.to("meta"), "a shape and no numbers"),
    "no number": (lambda m: m / 0, "values that are no numbers"),
}


@pytest.mark.parametrize("slip", SHAPED)
def test_each_wrong_form_gets_its_own_reason(judge, restored, slip, tried):
    make, said = SHAPED[slip]
    assert said in judge(make(restored))
    tried["wrong maps"].append(slip)


def test_each_slip_after_the_runs_gets_its_own_reason(
    model, judge, answers, patched, restored, tried
):
    first, second = answers
    base, source = end(model, BASE), end(model, SOURCE)
    leads = patched[..., first] - patched[..., second]
    lead_base, lead_source = difference(base, answers), difference(source, answers)
    slips = {
        "these are differences of logits": leads,
        "these are changes of the difference": leads - lead_base,
        "subtract the base's own difference of logits": leads / (lead_source - lead_base),
        "and not by one of them": (leads - lead_base) / lead_source,
        "and not by one of them (": (leads - lead_base) / lead_base,
        "these are per cent": 100 * restored,
        "nothing has changed in any run": torch.zeros_like(restored),
        "and no .T is needed": restored.reshape(10, 3).T,
        "the sign is wrong": -restored,
        "the share that is still missing": 1 - restored,
        "shares of a probability": share(
            *(x.softmax(-1)[..., first] for x in (patched, base, source))
        ),
        "shares of one answer's logit": share(*(x[..., first] for x in (patched, base, source))),
        "the layers stand in reverse order": restored.flip(0),
        "the positions stand in reverse order": restored.flip(1),
        "one position too far to the right": restored.roll(1, 1),
        "one position too far to the left": restored.roll(-1, 1),
        "one layer too late": torch.cat([restored[-1:], restored[:-1]]),
        "and not what goes into it": torch.cat([restored[:1] + 0.3, restored[:-1]]),
        "one layer too early": restored.roll(-1, 0),
    }
    for said, wrong in slips.items():
        assert said in judge(wrong)
        tried["wrong maps"].append(said)


OTHER_RUNS = {
    "each patch has kept those of the positions before it": {"what": "up_to"},
    "this is what the source's last state restores": {"what": "last"},
    "the two prompts are exchanged": {"base": SOURCE, "source": BASE},
    "patching the outputs of mlp": {"part": lambda block: block.mlp},
    "patching the outputs of attn": {"part": lambda block: block.attn.out_proj},
}


@pytest.mark.parametrize("said", OTHER_RUNS)
def test_each_slip_in_the_runs_gets_its_own_reason(model, judge, answers, said, tried):
    assert said in judge(restored_by(model, answers, **OTHER_RUNS[said]))
    tried["wrong maps"].append(said)


def test_exchanged_prompts_are_told_with_the_ends_that_were_asked_for_too(model, judge, answers):
    swapped = restored_by(model, answers, base=SOURCE, source=BASE)
    assert "the two prompts are exchanged" in judge(1 - swapped)


def test_the_whole_prompt_at_once_is_told_by_its_equal_columns(judge, restored):
    whole = torch.ones_like(restored)
    assert "all positions of a layer have the same number" in judge(whole)


def test_other_numbers_are_told_with_the_place_where_they_differ_most(judge, restored):
    wrong = restored.clone()
    wrong[1, 4] += 3
    assert "the largest difference is at layer 1, position 4" in judge(wrong)


CALLS = {
    "prompts of unequal length": ({"base": "Big Ben is in"}, "`base` has 4 tokens and `source` 10"),
    "no prompt": ({"source": 3}, "`source` is an int"),
    "two prompts": ({"base": [BASE, BASE]}, "`base` holds 2 prompts"),
    "one answer": ({"answers": " Paris"}, "`answers` should be two"),
    "an answer without its space": ({"answers": ("Barcelona", " Rome")}, "should be one: is its"),
    "an answer that is a list": ({"answers": ([1], [2])}, "`answers` holds a list"),
    "the same answer twice": ({"answers": (" Rome", " Rome")}, "are the same token"),
    "the same prompt twice": ({"source": BASE}, "does not tell these two prompts apart"),
    "a wrong remote": ({"remote": "yes"}, "`remote` should be True, False or 'local'"),
}


@pytest.mark.parametrize("call", CALLS)
def test_each_wrong_call_gets_one_line_that_names_its_argument(judge, restored, call, tried):
    options, said = CALLS[call]
    told = judge(restored, **options)
    assert said in told
    assert "\n" not in told
    tried["wrong calls"].append(call)


@pytest.mark.parametrize("where", ["restored", "base", "source", "answers", "model", "remote"])
def test_whatever_is_handed_in_gets_a_line_and_never_an_exception(
    model, answers, restored, where, capsys, tried
):
    for odd in ODD:
        if odd is True and where == "remote":
            continue  # which is right
        given = {"base": BASE, "source": SOURCE, "answers": answers, "model": model}
        checks.check_patching(**{"restored": restored, **given, where: odd})
        printed = capsys.readouterr().out
        assert printed.startswith("Not yet: "), (where, type(odd))
        assert printed.count("\n") == 1
        tried["odd objects"].append(where)
