"""No snippet's outputs depend on those that ran before it, in whatever order they run."""

from contextlib import closing

import pytest

from nnsight_guide.base.project import Project
from nnsight_guide.run.plan import Plan
from nnsight_guide.run.runner import Runner

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def plan(built, profile):
    """The plan of a guide that was built: all of it has run, in the order of a build."""
    return Plan(Project(built / "guide"), profile)


def given(recording):
    return {name: cell["outputs"] for name, cell in recording.named_cells().items()}


@pytest.fixture(scope="module")
def shown(plan):
    """What a build shows of each snippet, that for the second model as it is committed."""
    return {name: given(plan.recorded(name)) for name in plan.snippets}


def run(plan, names):
    with closing(Runner(plan.project)) as runner:
        return {name: given(recording) for name, recording in runner.run(plan, names)}


def test_in_reverse_order_every_snippet_gives_the_same(plan, shown):
    assert run(plan, reversed(plan.snippets)) == shown


def test_alone_every_snippet_gives_the_same(plan, shown, report_count):
    for name in plan.snippets:
        assert run(plan, [name]) == {name: shown[name]}
    report_count(f"{len(plan.snippets)} snippets run alone, and in reverse order")
