"""The checkers take every form of prompt, tell each wrong call, and raise at nothing."""

import sys
from pathlib import Path

import numpy
import pytest
import torch

from nnsight_guide import checks
from tests.support.small_gpt_j import PROMPT


class Odd:
    """Raises at whatever it is asked."""

    def __getattribute__(self, name):
        raise RuntimeError(name)

    def _raise(self, *args):
        raise ValueError("no")

    __repr__ = __str__ = __len__ = __iter__ = __bool__ = __eq__ = __index__ = __getitem__ = _raise
    __hash__ = None


class OddTensor(torch.Tensor):
    @property
    def shape(self):
        raise RuntimeError("no shape")

    def __repr__(self):
        raise RuntimeError("no words")


class OddList(list):
    def __iter__(self):
        raise RuntimeError("no items")

    __len__ = __repr__ = __iter__


ODD = [
    Odd(),
    Odd,
    OddTensor([1.0]),
    OddList([1]),
    OddList(),
    object(),
    print,
    lambda: None,
    iter([1]),
    {},
    {"input_ids": Odd()},
    {1: 2},
    set(),
    b"bytes",
    "",
    "\ud800",
    [],
    [[]],
    [None],
    [Odd()],
    [[[1]]],
    (),
    True,
    -1,
    10**30,
    1.5,
    float("nan"),
    1j,
    torch.tensor([]),
    torch.tensor(1),
    torch.tensor([[True]]),
    torch.zeros(0, 0, 0),
    torch.zeros(1, 1, 1, device="meta"),
    torch.zeros(2, 3).to_sparse(),
    torch.nn.Parameter(torch.zeros(2)),
    torch.nn.Linear(2, 2),
    torch.Size([1, 2]),
    torch.float32,
    torch,
    sys,
    type,
    NotImplemented,
    numpy.zeros(3),
    numpy.array([object()]),
    numpy.float32(1),
    Path(),
    ValueError("x"),
]


@pytest.mark.parametrize("where", ["attention", "tokens", "prompt", "layer", "model", "remote"])
def test_whatever_is_handed_in_gets_a_line_and_never_an_exception(
    model, attention, where, capsys, tried
):
    for odd in ODD:
        if odd is True and where == "remote":
            continue  # which is right
        given = {"attention": attention, "tokens": None, "model": model, "prompt": PROMPT}
        checks.check_attention_patterns(**{**given, where: odd})
        printed = capsys.readouterr().out
        if not (where == "layer" and type(odd) is int and odd == -1):
            assert printed.startswith("Not yet: "), (where, type(odd))
        assert printed.count("\n") == 1
        if where in ("attention", "prompt", "layer"):
            given.pop("tokens")
            checks.check_rotary_attention(**{**given, where: odd})
            assert capsys.readouterr().out.count("\n") == 1
        tried["odd objects"].append(where)


# The prompt, in each form that the guide teaches for a trace


FORMS = {
    "a text": lambda t: PROMPT,
    "a list of one": lambda t: [PROMPT],
    "ids": lambda t: t(PROMPT)["input_ids"],
    "a list of ids": lambda t: [t(PROMPT)["input_ids"]],
    "a tensor": lambda t: t(PROMPT, return_tensors="pt")["input_ids"],
    "a flat tensor": lambda t: torch.tensor(t(PROMPT)["input_ids"]),
    "a dictionary": lambda t: t(PROMPT),
    "a dictionary of tensors": lambda t: t(PROMPT, return_tensors="pt"),
    "a plain dictionary": lambda t: {"input_ids": t(PROMPT, return_tensors="pt")["input_ids"]},
    "what was tokenized of a list": lambda t: t([PROMPT], return_tensors="pt"),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_the_prompt_may_come_in_every_form_that_a_trace_takes(model, attention, tokens, form):
    prompt = form(model.tokenizer)
    with model.trace(prompt):
        pattern = model.transformer.h[0].attn.attn_dropout.input[0].save()
    torch.testing.assert_close(pattern, attention)  # it is such a form
    options = {"model": model, "prompt": prompt}
    assert checks.fault_in_attention_patterns(pattern, tokens, **options) is None
    assert checks.fault_in_rotary_attention(pattern, **options) is None


CALLS = {
    "two prompts": ({"prompt": [PROMPT, PROMPT]}, "holds 2 prompts, and a check looks at one"),
    "two lists of ids": ({"prompt": [[1, 2], [3]]}, "holds 2 prompts"),
    "two rows of ids": ({"prompt": torch.ones(2, 3, dtype=torch.int64)}, "holds 2 prompts"),
    "no text": ({"prompt": ""}, "`prompt` is empty"),
    "none": ({"prompt": None}, "`prompt` is None: hand in what `model.trace` gets"),
    "ids that are none": ({"prompt": [1, 60_000]}, "holds 60000, which is no token"),
    "ids below zero": ({"prompt": [-1]}, "holds -1, which is no token"),
    "truths": ({"prompt": [True, False]}, "is a list of neither texts nor ids"),
    "fractions": ({"prompt": torch.ones(3)}, "holds torch.float32, and ids are whole numbers"),
    "no numbers": (
        {"prompt": torch.ones(1, 3, dtype=torch.int64, device="meta")},
        "`prompt` has a shape and no numbers",
    ),
    "no ids in it": ({"prompt": {"text": PROMPT}}, "is a dict without `input_ids`"),
    "padding": (
        {"prompt": {"input_ids": [[0, 1, 2]], "attention_mask": [[0, 1, 1]]}},
        "hides 1 of its 3 positions",
    ),
    "numpy": ({"prompt": numpy.array([1, 2])}, "`prompt` is a ndarray: hand in"),
    "too long": ({"prompt": [1] * 65}, "has 65 tokens, and the model reads 64 at most"),
    "a layer too far": ({"layer": 3}, "there is no layer 3: the model has 3, from 0 to 2, or"),
    "a layer before the first": ({"layer": -4}, "there is no layer -4"),
    "half a layer": ({"layer": 1.0}, "`layer` is a float, and should be a number such as 0"),
    "a layer that is a truth": ({"layer": True}, "`layer` is a bool"),
    "a layer's name": ({"layer": "0"}, "`layer` is a str"),
    "no model": ({"model": None}, "`model` is None, and should be the GPT-J that you traced"),
    "remote as a word": ({"remote": "yes"}, "`remote` should be True, False or 'local'"),
}


@pytest.mark.parametrize(("call", "reason"), CALLS.values(), ids=CALLS.keys())
def test_a_wrong_call_is_told_so_and_answers_no_other_question(
    model, attention, call, reason, tried
):
    given = {"model": model, "prompt": PROMPT, **call}
    assert reason in checks.fault_in_attention_patterns(attention, **given)
    assert reason in checks.fault_in_rotary_attention(attention, **given)
    tried["wrong calls"].append(reason)


def test_a_model_without_nnsight_or_of_another_kind_is_named(model, attention):
    bare = model._module
    given = {"prompt": PROMPT}
    assert "an nnsight model" in checks.fault_in_attention_patterns(attention, model=bare, **given)
