"""Whatever is broken: one line with cause and remedy, and nothing else is harmed."""

import psutil
import pytest

from nnsight_guide.recording.freshness import freshness
from tests.attacks.bad_input import cells, files, pages, surroundings, words
from tests.attacks.bad_input.case import Case, said
from tests.attacks.bad_input.conftest import BLOCK

ROWS = [
    pytest.param(case, id=case.broken, marks=[pytest.mark.long] if case.is_long else [])
    for case in [*words.CASES, *pages.CASES, *files.CASES, *cells.CASES, *surroundings.CASES]
]


def lasting_files(site) -> dict[str, bytes]:
    """Return all that there is of a site but what a build of it makes anew."""
    paths = (path for path in site.root.rglob("*") if path.is_file())
    return {
        name: path.read_bytes()
        for path in paths
        if not (name := str(path.relative_to(site.root))).startswith("site/")
        and path.parent.name != "__pycache__"
    }


def own_children(runner) -> set[psutil.Process]:
    """Return the processes that this one has started, but for the kernel that is kept."""
    kernels = [kernel.manager.provisioner.pid for kernel in runner.kernels.running.values()]
    return {child for child in psutil.Process().children() if child.pid not in kernels}


@pytest.fixture(scope="module")
def met(report_count):
    """All cases that were met as they should be."""
    met = []
    yield met
    report_count(f"{len(met)} bad inputs, each answered with one line")


@pytest.mark.parametrize("case", ROWS)
def test_it_is_answered_with_one_line_and_harms_nothing(
    case: Case, site, runner, profile, in_process, in_a_process, met
):
    before, others = lasting_files(site), own_children(runner)  # those of tests before this one
    with case.in_place(site) as variables:
        status, errors = (in_process if case.kept else in_a_process)(case, variables)

    told = said(errors)
    assert case.is_said_by(told), f"wanted: {case.line}\ngot:\n{errors}"
    assert status == case.status
    assert own_children(runner) <= others
    assert lasting_files(site) == before
    assert all(freshness(site, name, profile).is_fresh for name in site.snippet_names())
    met.append(case)


def test_after_all_of_it_the_site_is_built(site, runner, in_a_process):
    status, errors = in_a_process(Case("nothing", "mkdocs build", ""), {})
    assert status == 0, errors
    assert "0 of 3 snippets run" in errors
    assert BLOCK not in (site.root / "site/index.html").read_text()
