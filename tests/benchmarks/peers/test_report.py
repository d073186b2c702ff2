"""What `make bench` reports: the figures that are kept, and a peer that is ahead."""

import json
from copy import deepcopy

import pytest

from benchmarks.peers import report
from benchmarks.peers.measuring import COLD, SNIPPET
from benchmarks.shared.guide import WHOLE
from benchmarks.shared.results import RESULTS

KEPT = json.loads((RESULTS / "bench.json").read_text(encoding="utf-8"))


def test_what_a_page_shows_is_made_of_the_figures_that_lie_beside_it():
    assert (RESULTS / "bench.md").read_text(encoding="utf-8") == report.markdown(KEPT)


def told(figures, what):
    [target] = [
        t for t in report.targets(figures) if t.what == f"{what} ÷ that of each executing peer"
    ]
    return target


@pytest.mark.parametrize("case", [COLD, SNIPPET])
def test_a_peer_that_is_ahead_in_most_rounds_is_named_and_misses_the_target(case):
    figures = deepcopy(KEPT)
    for found in figures["cases"][case].values():
        found["seconds"] = [100.0, 100.0, 100.0]
    # By the medians, 9 and 19, the guide would be ahead: the machine was slower in one round.
    figures["cases"][case]["the guide"]["seconds"] = [9.0, 20.0, 8.0]
    figures["cases"][case]["myst-nb"]["seconds"] = [8.0, 19.0, 30.0]
    assert told(figures, case).was == "1.053 (myst-nb)"
    assert not told(figures, case).is_met


@pytest.mark.parametrize(
    ("what", "kept"),
    [
        ("prose edit under `serve`", "prose"),
        ("the first snippet edit under `serve`", "first"),
        ("snippet edit under `serve`, after the first", "snippet"),
    ],
)
def test_a_peer_is_compared_under_serve_too(what, kept):
    figures = deepcopy(KEPT)
    n_rounds = len(figures["serve"]["the guide"][kept])
    figures["serve"]["sphinx-gallery"][kept] = [0.01] * n_rounds
    assert not told(figures, what).is_met
    assert "sphinx-gallery" in told(figures, what).was


def test_one_slow_first_edit_of_three_is_not_what_is_told():
    figures = deepcopy(KEPT)
    figures["serve"][WHOLE]["first"] = [1.0, 9.0, 1.1]
    what = "the first snippet edit under `serve`"
    [first] = [target for target in report.targets(figures) if target.what == what]
    assert first.was == "1.10 s"
