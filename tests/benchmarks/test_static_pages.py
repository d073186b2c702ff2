"""The guide's pages as static text, which `make bench` measures the guide against."""

from __future__ import annotations

import pytest

from benchmarks.running import build
from benchmarks.tools_mkdocs import whole_pages
from nnsight_guide.base.project import Project


@pytest.mark.usefixtures("first_build")
def test_mkdocs_builds_the_same_pages_from_them_and_runs_nothing(checkout, tmp_path):
    project = Project(checkout)
    pages = whole_pages(project, tmp_path / "pages")
    counts = build(pages, tmp_path / "log").counts
    assert (counts.n_cells, counts.torch) == (0, frozenset())

    def html(folder):
        return {path.relative_to(folder) for path in folder.rglob("*.html")}

    assert html(pages.html) == html(checkout / "site")
