"""The code that the page offers gives, when it is run, what the page shows."""

import ast
import itertools
import json
import runpy
import sys

import pytest
import torch

from tests.support.live import demo_in
from tests.support.paths import ROOT
from tests.support.processes import succeed

pytestmark = pytest.mark.local
ROUNDED = 0.02  # how far probabilities may be off in bfloat16, with 8 bits of each number

EIFFEL = "The Eiffel Tower is in the city of"
HEADS = [(3, 15), (0, 4), (2, 7), (0, 10), (0, 4)]  # neither in order nor each once
OFF = [{"layer": layer, "head": head} for layer, head in HEADS]
PATCH = {"prompt": "The Bolshoi Theatre is in the city of", "layer": 1, "position": 4}
STEER = {"from": "Paris", "to": "Rome", "layer": 2, "strength": 3}
HOSTILE = 'She said: "it\'s \\n {REMOTE}"\n\t\u2028\u00a0é 東京 😀 \x00\x1f """#'
STATES = {
    "a prompt": {"prompt": EIFFEL},
    "a prompt that needs escapes": {"prompt": HOSTILE},
    "a long prompt": {"prompt": f"{EIFFEL} Paris. " * 6},
    "spaces": {"prompt": "   "},
    "a head off": {"prompt": EIFFEL, "off": OFF[:1]},
    "heads off": {"prompt": EIFFEL, "off": OFF},
    "all heads of a layer": {
        "prompt": EIFFEL,
        "off": [{"layer": 2, "head": head} for head in range(16)],
        "instead": "mean",
    },
    "heads off, mean": {"prompt": EIFFEL, "off": OFF, "instead": "mean"},
    "mean, and no head": {"prompt": EIFFEL, "off": [], "instead": "mean"},
    "patch": {"prompt": "The Colosseum is in the city of", "patch": PATCH},
    "patch at the end": {"prompt": "Big Ben is in", "patch": {**PATCH, "position": -1, "layer": 3}},
    "patch of what needs escapes": {"prompt": EIFFEL, "patch": {**PATCH, "prompt": HOSTILE}},
    "steer": {"prompt": EIFFEL, "steer": STEER},
    "steer back": {"prompt": EIFFEL, "steer": {**STEER, "strength": -0.25, "layer": 0}},
    "all in one layer": {
        "prompt": EIFFEL,
        "off": [{"layer": 1, "head": 3}],
        "patch": PATCH,
        "steer": {**STEER, "layer": 1},
    },
    "all at once": {
        "prompt": EIFFEL,
        "off": OFF,
        "instead": "mean",
        "patch": PATCH,
        "steer": {**STEER, "layer": 0},
    },
}


@pytest.fixture(scope="module")
def in_bfloat16():
    """The demo model as the chapters load it."""
    return demo_in(torch.bfloat16)


@pytest.fixture
def run_code(live, tmp_path):
    """Run the code of a state on a model; nnsight reads its source, so it stands in a file."""
    number = itertools.count()

    def run(state, model):
        path = tmp_path / f"copied_{next(number)}.py"  # nnsight reads a file once
        path.write_text(live.page.evaluate("state => engine.code(state)", state), encoding="utf-8")
        return runpy.run_path(str(path), {"model": model, "REMOTE": False})

    return run


@pytest.mark.parametrize("name", STATES)
def test_the_code_of_a_state_gives_the_numbers_that_the_page_shows(
    live, in_torch, run_code, capsys, name
):
    logits = run_code(STATES[name], in_torch)["logits"].detach()
    as_it_is, changed = live.run(STATES[name])
    answer = changed or as_it_is
    torch.testing.assert_close(answer.logits, logits[live.known], atol=1e-4, rtol=0)
    printed = capsys.readouterr().out.splitlines()
    guesses = [
        f"{p:.3f} {in_torch.tokenizer.decode([token])!r}"
        for token, p in zip(answer.top, answer.probabilities, strict=True)
    ]
    assert printed == guesses


REMOTELY = """
import json, runpy, sys
from snippets.model import REMOTE, model
assert REMOTE
for path in sys.argv[1:]:
    found = runpy.run_path(path, {"model": model, "REMOTE": REMOTE})
    print("logits", json.dumps(found["logits"].float().tolist()))
"""


def test_behind_a_service_the_code_gives_the_same(
    live, in_bfloat16, run_code, service, root, tmp_path
):
    names = ["heads off", "all at once"]
    here = [run_code(STATES[name], in_bfloat16)["logits"] for name in names]
    done = succeed(
        *(sys.executable, "-c", REMOTELY),
        *(str(tmp_path / f"copied_{number}.py") for number in range(len(names))),
        cwd=root,
        env=service.environment(),
        GUIDE_MODEL=service.repo_id,
        GUIDE_REMOTE="1",
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("logits ")]
    for line, logits in zip(lines, here, strict=True):
        there = torch.tensor(json.loads(line.removeprefix("logits ")))
        assert torch.equal(there, logits.detach().float())


MEANS_NOTHING = {"a prompt that needs escapes", "patch of what needs escapes", "spaces"}


@pytest.mark.parametrize("name", sorted(STATES.keys() - MEANS_NOTHING))
def test_in_bfloat16_the_first_guess_is_the_same_and_the_numbers_differ_a_little(
    live, in_bfloat16, run_code, name
):
    """What was not in training is left out: it means nothing, and any rounding may turn it."""
    logits = run_code(STATES[name], in_bfloat16)["logits"].detach().float()
    as_it_is, changed = live.run(STATES[name])
    answer = changed or as_it_is
    assert logits.argmax().item() == answer.top[0]
    in_python = logits.softmax(dim=-1)[answer.top]
    torch.testing.assert_close(in_python, torch.tensor(answer.probabilities), atol=ROUNDED, rtol=0)


def test_the_code_is_short_fits_the_page_and_loads_no_model(live):
    for name, state in STATES.items():
        code = live.page.evaluate("state => engine.code(state)", state)
        lines = code.splitlines()
        ast.parse(code)
        assert "TransformersModel" not in code
        assert code.count("remote=REMOTE") == 1
        if "escapes" not in name and name != "a long prompt":
            assert max(map(len, lines)) <= 72, name
        # Ten lines, and those of each change; what stands in for heads is a change as well.
        changes = len(state.keys() & {"off", "patch", "steer", "instead"})
        layers = len({one["layer"] for one in state.get("off", [])})
        assert len(lines) <= 10 + 4 * layers + 13 * changes


def test_what_is_steered_by_is_what_the_chapter_steers_by(live):
    tree = ast.parse((ROOT / "snippets" / "writing_text.py").read_text(encoding="utf-8"))
    (landmarks,) = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "landmarks"
    ]
    own = dict(live.page.evaluate("[...engine.landmarksOf]"))
    for city, names in landmarks.items():
        assert {*own[city.strip()]} == {*names}


def test_a_zero_and_the_mean_are_not_the_same(live):
    for head in range(3):
        off = [{"layer": 3, "head": head}]
        answers = [
            live.run({"prompt": EIFFEL, "off": off, "instead": instead})[1]
            for instead in ("zero", "mean")
        ]
        assert all(
            not torch.equal(one.logits, other.logits)
            for one, other in itertools.combinations(answers, 2)
        )
