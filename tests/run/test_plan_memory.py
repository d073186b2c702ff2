"""A preview goes on with the plan of the build before, and asks again of what an edit affects.

Each change is made to a project whose snippets and idioms have run.
"""

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from nnsight_guide.base import libraries
from nnsight_guide.base.project import Project
from nnsight_guide.idioms import outcomes
from nnsight_guide.idioms.idiom import IDIOMS_FOLDER
from nnsight_guide.run import plan_memory
from nnsight_guide.run.plan import Plan
from nnsight_guide.run.plan_memory import PlanMemory
from nnsight_guide.run.runner import Runner
from tests.support.sites import IDIOM

READER = '''"""Reads."""

# %% read
from pathlib import Path

print({what})
'''
READERS = {
    "data": 'Path("data/numbers.txt").read_text()',
    "page": 'Path("docs/index.md").read_text()',
    "pattern": 'sorted(Path("docs").glob("*.md"))',
    "within": 'Path("snippets/words.txt").read_text()',
    "listing": 'sorted(Path("docs").iterdir())',
}


@pytest.fixture(scope="module")
def ran(module_project: Project, profile) -> Project:
    """A project that has run, with a helper, and with one of all that a snippet may read."""
    root = module_project.root
    (root / "docs").mkdir()
    (root / "docs" / "index.md").write_text("# Home\n")
    (root / "data").mkdir()
    (root / "data" / "numbers.txt").write_text("1 2")
    for name in ("words", "unread"):
        (root / "snippets" / f"{name}.txt").write_text("one two\n")
    (root / "snippets" / "lib").mkdir()
    (root / "snippets" / "lib" / "number.py").write_text("NUMBER = 1\n")
    (root / "snippets" / "helped.py").write_text(
        '"""Helped."""\n\n# %% help\nfrom snippets.lib.number import NUMBER\n\nprint(NUMBER)\n'
    )
    (root / "snippets" / IDIOMS_FOLDER).mkdir()
    (root / "snippets" / IDIOMS_FOLDER / "same.py").write_text(IDIOM)
    for name, what in READERS.items():
        (module_project.snippets / f"{name}.py").write_text(READER.format(what=what))
    with closing(Runner(module_project)) as runner:
        runner.run_stale(Plan(module_project, profile))
    return module_project


@pytest.fixture
def project(ran: Project, tmp_path: Path) -> Project:
    """As it is when an author comes to it: nothing has changed for some seconds."""
    root = shutil.copytree(ran.root, tmp_path / "project")
    for name in READERS:
        (root / "snippets" / f"{name}.py").unlink()
    return Project(root)


def reads(project: Project, ran: Project, name: str) -> None:
    """Let the project have one of the snippets that read, as it ran."""
    shutil.copy2(ran.snippets / f"{name}.py", project.snippets)


@pytest.fixture
def asked(project, profile, monkeypatch) -> Callable[[], Plan]:
    """Ask for the plan, as each build of a preview does."""
    monkeypatch.setattr(plan_memory, "COARSEST_CLOCK", 0)
    memory = PlanMemory()
    return lambda: memory.plan(project, profile, project.root / "docs")


def recording_of(root: Path, name: str) -> Path:
    return root / ".cache/nnsight-guide/recordings/demo" / f"{name}.ipynb"


def add_a_line(path: Path) -> None:
    path.write_text(f"{path.read_text()}\n")


PROSE = {
    "a page": lambda root: (root / "docs" / "index.md").write_text("# Other\n"),
    "a new page": lambda root: (root / "docs" / "new.md").write_text("# New\n"),
    "a page in a new folder": lambda root: shutil.copytree(root / "docs", root / "docs" / "new"),
    "a page that is gone": lambda root: (root / "docs" / "index.md").unlink(),
    "a hidden folder": lambda root: (root / ".idea").mkdir() or (root / ".idea" / "x").touch(),
}


@pytest.mark.parametrize("edit", PROSE.values(), ids=PROSE)
def test_prose_leaves_the_plan_as_it_is(project, asked, monkeypatch, edit):
    plan = asked()
    monkeypatch.setattr(Plan, "look_again_after", lambda *_: pytest.fail("asked again"))
    edit(project.root)
    assert asked() is plan


def keep_times(path: Path) -> None:
    """Put another text of the same length in a file, and give it its old time."""
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    path.write_text(path.read_text().replace("1", "2"))
    os.utime(path, ns=times)


def link_a_folder(root: Path) -> None:
    (root / "elsewhere").symlink_to(root / "data")


CHANGES = {
    "a new snippet": lambda root: (root / "snippets" / "new.py").write_text("# %% a\n1\n"),
    "a snippet that is gone": lambda root: (root / "snippets" / "first.py").unlink(),
    "a module that comes before another": lambda root: (root / "torch.py").touch(),
    "data": lambda root: (root / "data" / "numbers.txt").write_text("3 4"),
    "the lock": lambda root: (root / "requirements.lock").write_text("torch==1.0\n"),
    "the configuration": lambda root: add_a_line(root / "mkdocs.yml"),
    "a hidden file": lambda root: (root / ".env").touch(),
    "a file among the pages": lambda root: (root / "docs" / "data.csv").touch(),
    "a link to a folder": link_a_folder,
    "a recording that is gone": lambda root: recording_of(root, "first").unlink(),
}


def link_in_place_of(folder: Path) -> None:
    folder.rename(folder.with_name("moved"))
    folder.symlink_to("moved")


HELPER, TWO = Path("snippets/lib/number.py"), ("first", "helped")
EDITS = {
    "a snippet": (lambda root: add_a_line(root / "snippets" / "first.py"), ["first"]),
    "a helper": (lambda root: add_a_line(root / "snippets" / "lib" / "number.py"), ["helped"]),
    "a helper, with its old time": (lambda root: keep_times(root / HELPER), ["helped"]),
    "a recording": (lambda root: add_a_line(recording_of(root, "first")), ["first"]),
    "two": (lambda root: [add_a_line(root / "snippets" / f"{n}.py") for n in TWO], list(TWO)),
    "what a snippet reads": (lambda root: add_a_line(root / "snippets" / "words.txt"), ["within"]),
    "nothing that is needed": (lambda root: add_a_line(root / "snippets" / "unread.txt"), []),
}


def states(plan: Plan) -> dict[str, tuple]:
    """Return all that a plan says of snippets and idioms."""
    found = {**plan.snippets, **plan.idioms}
    return {
        name: (state.key_parts, state.stale_because, state.recorded and state.recorded.content)
        for name, state in found.items()
    }


@pytest.mark.parametrize(("edit", "affected"), EDITS.values(), ids=EDITS)
def test_an_edit_among_snippets_asks_again_of_those_it_has_a_part_in(
    ran, project, asked, monkeypatch, edit, affected
):
    reads(project, ran, "within")
    plan, again = asked(), []
    monkeypatch.setattr(Plan, "look_again", lambda _, names: again.extend(names))
    edit(project.root)
    assert asked() is plan
    assert sorted(again) == affected


@pytest.mark.parametrize(("edit", "affected"), EDITS.values(), ids=EDITS)
def test_what_is_asked_again_is_what_a_plan_from_nothing_says(
    ran, project, profile, asked, edit, affected
):
    reads(project, ran, "within")
    asked()
    edit(project.root)
    assert states(asked()) == states(Plan(project, profile))


def test_an_edited_idiom_is_stale(project, profile, asked):
    plan = asked()
    assert not plan.is_stale
    add_a_line(project.snippets / IDIOMS_FOLDER / "same.py")
    assert asked() is plan
    assert plan.stale_idioms == Plan(project, profile).stale_idioms == ["same"]


def test_an_edit_that_no_idiom_needs_asks_again_of_none(project, asked, monkeypatch):
    assert not asked().is_stale
    add_a_line(project.snippets / "first.py")
    monkeypatch.setattr(outcomes, "outcome_states", lambda *_: pytest.fail("asked again"))
    assert not asked().stale_idioms


def test_a_snippet_that_has_run_is_asked_again(project, profile, asked):
    add_a_line(project.snippets / "first.py")
    with closing(Runner(project)) as runner:
        runner.run_stale(plan := asked())
    assert asked() is plan
    assert states(plan) == states(Plan(project, profile))
    assert not plan.is_stale


def test_a_folder_of_snippets_that_becomes_a_link_makes_a_new_plan(project, asked):
    plan = asked()
    link_in_place_of(project.snippets / "lib")
    assert asked() is not plan


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_any_other_change_makes_a_new_plan(project, asked, change):
    plan = asked()
    change(project.root)
    assert asked() is not plan


def test_a_folder_that_is_a_link_is_not_looked_through(project, asked):
    link_a_folder(project.root)
    assert asked() is not asked()


@pytest.mark.parametrize("name", READERS)
def test_whoever_reads_pages_has_a_new_plan_each_time(ran, project, asked, name):
    reads(project, ran, name)
    is_kept = name in ("data", "within")
    assert not asked().is_stale
    assert (asked() is asked()) is is_kept


def test_a_plan_that_has_left_something_to_do_is_made_anew(project, asked):
    add_a_line(project.snippets / "first.py")
    assert asked().is_stale
    assert asked() is not asked()


def test_another_profile_has_another_plan(project, profile):
    memory, docs = PlanMemory(), project.root / "docs"
    other = replace(profile, fingerprint="another")
    assert memory.plan(project, profile, docs) is not memory.plan(project, other, docs)


def test_what_is_installed_meanwhile_makes_a_new_plan(asked, monkeypatch):
    plan = asked()
    monkeypatch.setattr(libraries, "installed_versions", lambda: {"nnsight": "0.9"})
    assert asked() is not plan
    assert asked().is_stale


def test_the_checkout_may_be_reached_by_a_link(project, profile, tmp_path, monkeypatch):
    monkeypatch.setattr(plan_memory, "COARSEST_CLOCK", 0)
    (tmp_path / "link").symlink_to(project.root)
    memory, docs = PlanMemory(), tmp_path / "link" / "docs"
    plan = memory.plan(project, profile, docs)
    (docs / "index.md").write_text("# Other\n")
    assert memory.plan(project, profile, docs) is plan


def test_a_file_that_is_gone_again_while_all_are_looked_at_is_none(project, asked, monkeypatch):
    plan = asked()
    seen = plan_memory._seen

    def and_gone(folder, docs):
        monkeypatch.setattr(os, "scandir", lambda _: [*map(Gone, listed(folder))])
        yield from seen(folder, docs)
        monkeypatch.setattr(os, "scandir", listed)

    class Gone:
        """Of what was listed, and is not there any more when it is looked at."""

        def __init__(self, entry):
            self.name, self.path = entry.name, entry.path
            self.is_dir = self.is_file = self.is_symlink = lambda: False

        def stat(self, **_):
            raise FileNotFoundError(self.path)

    listed = os.scandir
    monkeypatch.setattr(plan_memory, "_seen", and_gone)
    assert asked() is not plan


def test_a_file_that_has_just_changed_may_change_again_and_keep_its_time(project, profile):
    memory, docs = PlanMemory(), project.root / "docs"
    (project.root / "data" / "numbers.txt").touch()
    plan = memory.plan(project, profile, docs)
    assert memory.plan(project, profile, docs) is not plan


def test_a_snippet_that_has_just_changed_is_asked_again_alone(project, asked, monkeypatch):
    first, again = project.snippets / "first.py", []
    asked()
    first.touch()
    monkeypatch.setattr(plan_memory.time, "time_ns", lambda: first.stat().st_ctime_ns)
    plan = asked()
    monkeypatch.setattr(Plan, "look_again", lambda _, names: again.extend(names))
    assert asked() is plan
    assert again == ["first"]


def test_what_is_planned_anew_is_what_a_plan_from_nothing_says(project, profile, asked):
    asked()
    add_a_line(project.snippets / "first.py")
    assert asked().stale_snippets == Plan(project, profile).stale_snippets == ["first"]
