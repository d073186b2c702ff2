"""What a build executes, counted in every process it starts: cells, loads of the model, torch.

The guide as `make bench` measures it, four chapters on the demo model; no test looks at a clock.
"""

import pytest

from benchmarks.peers.same_chapters import SNIPPETS
from benchmarks.peers.tools_mkdocs import guide
from benchmarks.shared.counts import MARKER
from benchmarks.shared.guide import whole_guide
from benchmarks.shared.running import build
from benchmarks.shared.serving import served
from benchmarks.shared.tool import EDITED_SNIPPET
from nnsight_guide.base.project import Project
from nnsight_guide.model import profiles
from nnsight_guide.run.plan import Plan

# A module that a snippet imports runs its cells, too: the load, which every kernel begins with.
EDITED = {"model", EDITED_SNIPPET}
ONCE = {EDITED_SNIPPET}


@pytest.fixture(scope="module")
def tool(root, tmp_path_factory):
    return guide(Project(root), tmp_path_factory.mktemp("counts") / "guide")


@pytest.fixture(scope="module")
def log(tool):
    return tool.root.with_name("log")


@pytest.fixture(scope="module")
def cold(tool, log):
    """What the first build did; every other test finds its recordings."""
    return build(tool, log)


def names_of_cells(tool, snippet):
    source = (tool.root / "snippets" / f"{snippet}.py").read_text()
    return [f"{snippet}/{marker['name']}" for marker in MARKER.finditer(source)]


def test_a_cold_build_runs_every_cell_once_and_loads_the_model_once(tool, cold):
    expected = {name for snippet in SNIPPETS for name in names_of_cells(tool, snippet)}
    assert set(cold.counts.cells) == expected
    again = {name for name, times in cold.counts.cells.items() if times > 1}
    assert again == {"model/setup"}  # imported by the kernel, then recorded
    assert cold.counts.loads == 1


def test_the_build_itself_never_imports_torch(cold):
    assert not cold.imported_torch
    assert cold.counts.torch  # its kernel does


@pytest.mark.usefixtures("cold")
@pytest.mark.parametrize("every_page", [False, True])
def test_where_nothing_changed_nothing_runs_and_no_process_imports_torch(tool, log, every_page):
    counts = build(tool, log, every_page=every_page).counts
    assert (counts.n_cells, counts.loads, counts.torch) == (0, 0, frozenset())


@pytest.mark.usefixtures("cold")
def test_an_edit_of_prose_runs_nothing(tool, log):
    tool.edit_prose(1)
    counts = build(tool, log).counts
    assert (counts.n_cells, counts.loads, counts.torch) == (0, 0, frozenset())


@pytest.mark.usefixtures("cold")
def test_an_edit_of_a_snippet_runs_that_snippet_on_one_load(tool, log):
    tool.edit_code(1)
    counts = build(tool, log).counts
    assert counts.snippets == EDITED
    assert all(counts.cells[name] == 1 for name in names_of_cells(tool, EDITED_SNIPPET))
    assert counts.loads == 1


@pytest.mark.usefixtures("cold")
def test_under_serve_edits_run_one_snippet_on_the_model_that_is_loaded(tool, log):
    with served(tool, log) as server:
        prose = [server.timed(tool.edit_prose, number).counts for number in range(2)]
        first, *later = [server.timed(tool.edit_code, number).counts for number in range(10, 13)]
    # The kernel that waits for the first edit loads the model meanwhile, by its set-up.
    before = [*prose, first]
    assert sum(counts.loads for counts in before) <= 1
    assert all(counts.snippets <= {"model"} for counts in prose)
    assert EDITED - {"model"} <= first.snippets <= EDITED
    assert [(counts.snippets, counts.loads) for counts in later] == [(ONCE, 0)] * 2
    assert all(counts.n_cells == len(names_of_cells(tool, EDITED_SNIPPET)) for counts in later)
    assert not any(server.process.pid in counts.torch for counts in [*prose, first, *later])


def test_a_cold_build_of_the_whole_guide_runs_nothing_of_what_is_committed(tmp_path):
    whole = whole_guide(tmp_path / "whole")
    plan = Plan(Project(whole.root), profiles.current({}))
    for_second = {name for name in plan.snippets if plan.is_for_second_model(name)}
    assert len(for_second) > 5
    assert for_second.isdisjoint(plan.stale_snippets)
    assert {*plan.snippets} == for_second | {*plan.stale_snippets}
