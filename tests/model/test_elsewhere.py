"""Every block, right code of the idioms and the checkers also run where the model is not here."""

import json
import re
import sys

import pytest
import torch

from tests.support.processes import succeed

pytestmark = pytest.mark.local


SEED = re.compile(r"^\d '.*'$", re.MULTILINE)  # what a seed has drawn, which a GPU draws otherwise
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
COUNT = re.compile(r"\b\d+(?= of \d)")  # between two words that are as likely, rounding decides
DEVICE = ", device='cuda:0'"


@pytest.fixture(scope="module")
def told(root, tmp_path_factory):
    """What was printed with the model here, and with the model on a stand-in for a GPU."""
    return told_with(root, tmp_path_factory)


def told_with(root, tmp_path_factory, *device):
    target = tmp_path_factory.mktemp("elsewhere") / "told.json"
    succeed(sys.executable, "-m", "tests.support.elsewhere", target, *device, cwd=root)
    return json.loads(target.read_text())


def test_with_the_model_elsewhere_all_code_prints_what_it_prints_here(told):
    assert told["device"] == "elsewhere:0"
    assert told["elsewhere"] == told["here"]
    assert len(told["here"]) > 60
    assert {"errors", "from_2024"} < {name.partition("/")[0] for name in told["here"]}
    assert "Right: " in told["here"]["attention_checks"]


def test_the_checkers_take_an_answer_from_either_device(told):
    said = told["elsewhere"]["checkers"]
    assert said[:4] == [None, None, None, None]
    assert said[::4] == said[2::4]
    assert said[1::4] == said[3::4]
    assert len(set(said)) > 8


def test_a_tensor_that_is_made_on_the_cpu_is_seen_when_it_meets_the_model(told):
    for error in told["broken"]:
        assert "on tensors of two devices, elsewhere and cpu" in error
    assert len(told["broken"]) == 3


@pytest.mark.long
def test_code_for_the_second_model_prints_elsewhere_what_it_prints_here(
    root, second, tmp_path_factory
):
    told = told_with(root, tmp_path_factory, "elsewhere", "second_model")
    assert told["device"] == "elsewhere:0"
    assert told["elsewhere"] == told["here"]
    assert " of 16" in told["here"]["task_vector"]
    assert told["here"]["task_vector_checks"].count("Right: ") == 3


@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU here")
def test_on_a_gpu_all_code_prints_what_it_prints_here_but_for_what_a_seed_draws(
    root, tmp_path_factory
):
    told = told_with(root, tmp_path_factory, "cuda")
    assert told["device"] == "cuda:0"
    assert all("on the same device" in error for error in told["broken"])
    assert told["elsewhere"].pop("checkers") == told["here"].pop("checkers")
    for name, printed in told["here"].items():
        words, counts, numbers = parts_of(printed)
        there = parts_of(told["elsewhere"][name].replace(DEVICE, ""))
        assert there[0] == words, name
        assert there[1] == pytest.approx(counts, abs=1), name
        assert there[2] == pytest.approx(numbers, rel=0.03, abs=0.02), name


def parts_of(printed):
    """Return what was printed without its numbers, its counts, and its other numbers.

    A GPU adds up in another order, and so rounds otherwise.
    """
    kept = SEED.sub("", printed)
    rest = COUNT.sub("#", kept)
    counts, numbers = COUNT.findall(kept), NUMBER.findall(rest)
    return NUMBER.sub("#", rest), [*map(int, counts)], [*map(float, numbers)]
