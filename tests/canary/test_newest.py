"""With newer releases than the pinned: what the guide allows, and the newest of all."""

import tomllib

import pytest

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import Project
from nnsight_guide.canary import changes, environment, summary, ways_round
from nnsight_guide.html import newer

pytestmark = pytest.mark.long


def bounds(root):
    """What `pyproject.toml` allows of torch and transformers."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    return {
        name: line
        for line in project["dependencies"]
        for name in ("torch", "transformers")
        if line.startswith(name)
    }


@pytest.fixture(scope="module")
def newest(root, tmp_path_factory):
    """An environment with the newest releases of everything but torch."""
    folder = tmp_path_factory.mktemp("newest")
    made = environment.Environment(folder / "environment", [bounds(root)["torch"]])
    try:
        made.install(environment.required(root / "pyproject.toml"))
    except GuideError as error:
        pytest.fail(str(error), pytrace=False)
    return made


def wrong(seen):
    """What an observation tells that should not be: of today's idioms, and of the tests."""
    idioms = {name for name, told in seen.idioms.items() if told.startswith("today's code fails")}
    return idioms | {name for name, told in seen.tests.items() if told != "passes"}


# This one first: the other puts an older transformers into the environment.
def test_the_newest_of_all_breaks_what_is_recorded_and_the_way_round_mends_the_rest(
    root, newest, tmp_path
):
    copied = environment.copy(Project(root), tmp_path / "copy")
    way = ways_round.KNOWN["has attribute 'attn_dropout'"]
    assert ways_round.apply(way, copied.snippets.rglob("*.py")) >= 8
    seen = environment.observe_in(newest.python, copied)
    recorded = changes.load_runs(summary.RUNS)[0]
    (left,) = [tried.changes for tried in recorded.ways_round if tried.argument == way.argument]
    assert wrong(seen) <= {change.name for change in left}
    assert len(seen.tests) > 50
    gone = {cell.partition("/")[0] for cell in newer.GONE}
    assert gone == {"attention_patterns", "input_and_output", "trace_and_save"}


def test_with_the_newest_that_the_guide_allows_every_snippet_and_idiom_passes(
    root, newest, tmp_path
):
    newest.install([bounds(root)["transformers"]])
    seen = environment.observe_in(newest.python, environment.copy(Project(root), tmp_path / "copy"))
    assert wrong(seen) == set()
    assert len(seen.tests) > 50
