"""The guide's pages as static text, which `make bench` measures the guide against."""

import pytest

from benchmarks.peers.tools_mkdocs import WHOLE_PAGES, pages
from benchmarks.shared.running import build
from nnsight_guide.base.project import Project


@pytest.mark.usefixtures("first_build")
def test_mkdocs_builds_the_same_pages_from_them_and_runs_nothing(checkout, tmp_path):
    tool = pages(Project(checkout), tmp_path / "pages", WHOLE_PAGES, "chapters")
    counts = build(tool, tmp_path / "log").counts
    assert (counts.n_cells, counts.torch) == (0, frozenset())

    def html(folder):
        return {path.relative_to(folder) for path in folder.rglob("*.html")}

    assert html(tool.html) == html(checkout / "site")
