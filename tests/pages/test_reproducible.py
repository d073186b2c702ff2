"""The same sources give the same site, whenever and wherever it is built from nothing."""

from nnsight_guide.base.project import Project
from nnsight_guide.idioms.idiom import CELLS
from tests.support.pages import contents


def test_two_builds_from_nothing_in_different_folders_are_equal(built, build, ran_again, root):
    """Every file, byte for byte; only the dates may differ."""
    snippets = Project(root).snippet_names()
    ran_again(*snippets)
    elsewhere = ran_again(*CELLS)
    assert f"0 of {len(snippets)} snippets run" in build(elsewhere)
    first, second = contents(built / "guide" / "site"), contents(elsewhere / "site")
    assert first.keys() == second.keys()
    different = [path for path in first if first[path] != second[path]]
    assert different == []
    assert len(first) > 20
