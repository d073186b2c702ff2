"""No snippet's outputs depend on those that ran before it, in whatever order they run."""

import operator
from contextlib import closing

import pytest

from nnsight_guide.base.project import Project
from nnsight_guide.recording.likeness import says_the_same
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


@pytest.fixture(scope="module")
def in_reverse(plan):
    return run(plan, reversed(plan.snippets))


def test_in_reverse_order_every_snippet_gives_the_same(plan, shown, in_reverse):
    assert in_reverse.keys() == shown.keys()
    for name, outputs in in_reverse.items():
        # What is committed was made on another machine, or with more threads: its last digits may
        # be others.
        is_same = says_the_same if plan.is_for_second_model(name) else operator.eq
        assert is_same(outputs, shown[name]), name


def test_alone_every_snippet_gives_the_same(plan, in_reverse, report_count):
    for name in plan.snippets:
        assert run(plan, [name]) == {name: in_reverse[name]}
    report_count(f"{len(plan.snippets)} snippets run alone, and in reverse order")
