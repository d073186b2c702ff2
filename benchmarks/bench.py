"""The guide beside what authors would use instead: `make bench`.

Writes a project for each tool, with the same chapters and cells, builds, edits and serves them in
turn, and writes the figures into `benchmarks/results`. It takes about three quarters of an hour on
two cores; use a machine that does nothing else.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import (
    measuring,
    same_outputs,
    scale,
    table,
    tools_mkdocs,
    tools_sphinx,
)
from benchmarks.running import BenchmarkError, build
from benchmarks.tool import Tool
from nnsight_guide.model import profiles
from nnsight_guide.recording.freshness import freshness
from nnsight_guide.base.project import Project

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Measure and report; return 1 if a page is wrong or a target is missed."""
    with tempfile.TemporaryDirectory(prefix="nnsight-guide-bench-") as name:
        try:
            told = measure(Path(name))
        except BenchmarkError as error:
            print(f"bench: {error}", file=sys.stderr)
            return 1
    table.write(told, ROOT / "benchmarks" / "results")
    print(table.markdown(told))
    return 0 if all(target.met for target in table.targets(told)) else 1


def measure(folder: Path) -> dict[str, Any]:
    """Return all figures; the tools' projects are written into `folder`.

    Raises:
        BenchmarkError: a build failed, or a page does not show what the guide recorded.

    """
    log = folder / "log"
    whole, guide, pages, others, lines = _tools(folder, log)
    alike = [guide, pages, *others]
    return {
        "rounds": measuring.ROUNDS,
        "lines": lines,
        **measuring.one_shot([*whole, *alike], whole[0], log, _say),
        "serve": measuring.under_serve([*whole, *alike], log, _say),
        "memory": measuring.memory([*whole, *alike], log),
        "import": measuring.import_alone(),
        "scale": scale.measure(Project(ROOT), folder / "scale", log, _say),
    }


def _tools(folder: Path, log: Path) -> tuple[list[Tool], Tool, Tool, list[Tool], int]:
    """Write all projects, build each once, and look at what their pages show."""
    project = Project(ROOT)
    python = tools_sphinx.environment(project.root / ".cache" / "benchmarks" / "peers")
    whole = tools_mkdocs.whole_guide(project, folder / "whole")
    build(whole, log)
    built = Project(whole.root)
    demo = profiles.current({})
    recordings = {
        name: recording
        for name in built.snippet_names()
        if (recording := freshness(built, name, demo).recording)
    }
    chapters = tools_mkdocs.chapters_of(built, recordings)
    whole_pages = tools_mkdocs.whole_pages(built, folder / "whole-pages")
    guide = tools_mkdocs.guide(project, folder / "guide")
    build(guide, log)
    pages = tools_mkdocs.pages(Project(guide.root), folder / "pages")
    others = [
        tools_mkdocs.markdown_exec(built, folder / "markdown-exec", chapters),
        tools_mkdocs.mkdocs_jupyter(built, folder / "mkdocs-jupyter", chapters),
        tools_sphinx.myst_nb(built, folder / "myst-nb", chapters, python),
        tools_sphinx.sphinx_gallery(built, folder / "sphinx-gallery", chapters, python),
    ]
    for tool in (guide, pages, *others):
        build(tool, log)
        if missing := same_outputs.missing(tool, chapters, recordings):
            raise BenchmarkError(f"{tool.name} does not show {len(missing)} lines: {missing[:3]}")
    lines = same_outputs.n_lines(chapters, recordings)
    return [whole, whole_pages], guide, pages, others, lines


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
