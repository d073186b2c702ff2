"""The guide beside what authors would use instead: `make bench`.

Writes a project for each tool, with the same chapters and cells, builds, edits and serves them in
turn, and writes the figures into `benchmarks/results`. It takes most of an hour on two
cores; use a machine that does nothing else.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.peers import measuring, report, scale, tools_mkdocs, tools_sphinx
from benchmarks.peers.same_chapters import CHAPTERS, parts_of, recordings_of
from benchmarks.peers.same_outputs import missing_lines, recorded_lines
from benchmarks.peers.tools_mkdocs import PAGES, WHOLE_PAGES
from benchmarks.shared import results
from benchmarks.shared.guide import whole_guide
from benchmarks.shared.running import ROUNDS, BenchmarkError, build
from benchmarks.shared.tool import Tool
from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import Project
from tests.support.paths import ROOT


def main() -> int:
    """Measure and report; return 1 if a page is wrong or a target is missed."""
    with tempfile.TemporaryDirectory(prefix="nnsight-guide-bench-") as name:
        try:
            figures = measure(Path(name))
        except GuideError as error:
            print(f"bench: {error}", file=sys.stderr)
            return 1
    results.publish("bench", figures, report.markdown)
    return 0 if all(target.is_met for target in report.targets(figures)) else 1


def measure(folder: Path) -> dict[str, Any]:
    """Return all figures; the tools' projects are written into `folder`.

    Raises:
        GuideError: a build failed, or a page does not show what the guide recorded.

    """
    log = folder / "log"
    whole, alike, n_lines = _tools(folder, log)
    tools = [*whole, *alike]
    return {
        "rounds": ROUNDS,
        "lines": n_lines,
        **measuring.one_shot(tools, whole[0], log),
        "serve": measuring.under_serve(tools, log),
        "memory": measuring.peak_memory(tools, log),
        "import": measuring.import_alone(),
        "scale": scale.measure(Project(ROOT), folder / "scale", log),
    }


def _tools(folder: Path, log: Path) -> tuple[list[Tool], list[Tool], int]:
    """Write all projects, build each once, and look at what their pages show.

    Returns:
        The guide and its pages as they are; all tools with the same four chapters; how many lines
        of output each of them was found to show.

    """
    project = Project(ROOT)
    python = tools_sphinx.environment(project.root / ".cache" / "benchmarks" / "peers")
    whole = whole_guide(folder / "whole")
    build(whole, log)
    built = Project(whole.root)
    recordings = recordings_of(built)
    chapters = {chapter: parts_of(built, chapter, recordings) for chapter in CHAPTERS}
    whole_pages = tools_mkdocs.pages(built, folder / "whole-pages", WHOLE_PAGES, "chapters")
    guide = tools_mkdocs.guide(project, folder / "guide")
    build(guide, log)
    others = [
        tools_mkdocs.pages(Project(guide.root), folder / "pages", PAGES, "pages"),
        tools_mkdocs.markdown_exec(built, folder / "markdown-exec", chapters),
        tools_mkdocs.mkdocs_jupyter(built, folder / "mkdocs-jupyter", chapters),
        tools_sphinx.myst_nb(built, folder / "myst-nb", chapters, python),
        tools_sphinx.sphinx_gallery(built, folder / "sphinx-gallery", chapters, python),
    ]
    lines = list(recorded_lines(chapters, recordings))
    for tool in (guide, *others):
        build(tool, log)
        if missing := missing_lines(tool, lines):
            raise BenchmarkError(f"{tool.name} does not show {len(missing)} lines: {missing[:3]}")
    return [whole, whole_pages], [guide, *others], len(lines)


if __name__ == "__main__":
    sys.exit(main())
