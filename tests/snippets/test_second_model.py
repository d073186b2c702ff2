"""What is committed of the second model: all that its pages show, as the model gives it today."""

from contextlib import closing

import pytest

from nnsight_guide.base.project import Project
from nnsight_guide.model import profiles
from nnsight_guide.recording.committed import SECOND_FOLDER, load_committed
from nnsight_guide.recording.likeness import says_the_same
from nnsight_guide.recording.real_cells import real_state
from nnsight_guide.run.plan import Plan
from nnsight_guide.run.runner import Runner


@pytest.fixture(scope="module")
def plan(root):
    return Plan(Project(root), profiles.current({}), idiom_folders=())


@pytest.fixture(scope="module")
def names(plan):
    """The snippets that are for the second model."""
    return [name for name in plan.snippets if plan.is_for_second_model(name)]


def test_each_cell_is_committed_and_is_todays(plan, names):
    assert {name: real_state(plan.project, name, None).reasons() for name in names} == {
        name: [] for name in names
    }


def test_nothing_is_committed_of_a_snippet_that_has_gone(plan, names):
    folder = plan.project.snippets / SECOND_FOLDER
    assert sorted(path.stem for path in folder.iterdir()) == sorted(names)


@pytest.mark.local
def test_it_is_what_the_model_gives_today_within_what_machines_differ_by(plan, names, second):
    differ = []
    with closing(Runner(plan.project)) as runner:
        for name, made in runner.run(plan, names):
            committed = load_committed(plan.project, name)
            assert committed is not None
            for cell, recorded in made.named_cells().items():
                shown = committed.cells[cell]["outputs"]
                if not says_the_same(shown, recorded["outputs"]):
                    differ.append((name, cell, shown, recorded["outputs"]))
    assert differ == []
