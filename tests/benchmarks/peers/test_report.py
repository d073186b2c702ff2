"""What `make bench` reports: the figures that are kept, and a peer that is ahead."""

import json
from copy import deepcopy

import pytest

from benchmarks.peers import report
from benchmarks.peers.measuring import COLD, SNIPPET
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


def test_a_peer_is_compared_under_serve_too():
    figures = deepcopy(KEPT)
    figures["serve"]["sphinx-gallery"]["prose"] = [0.01, 0.01, 0.01]
    assert not told(figures, "prose edit under `serve`").is_met
    assert "sphinx-gallery" in told(figures, "prose edit under `serve`").was
