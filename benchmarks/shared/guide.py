"""The guide as one of the tools."""

import sys
from pathlib import Path

from benchmarks.shared.counts import counted
from benchmarks.shared.tool import EDITED, EDITED_SNIPPET, Tool, mkdocs
from nnsight_guide.recording.cells import is_for_second_model
from tests.support.sites import copy_checkout

WHOLE = "the guide, whole site"


def whole_guide(folder: Path) -> Tool:
    """Return the whole guide as it is, its cells counted.

    Those for the second model are not: another source would make what is committed of them stale,
    and a build run what none of a clone does.
    """
    copy_checkout(folder)
    for path in (folder / "snippets").glob("*.py"):
        if not is_for_second_model(path):
            source = path.read_text(encoding="utf-8")
            path.write_text(counted(source, path.stem), encoding="utf-8")
    return guide_tool(WHOLE, folder, "chapters")


def guide_tool(name: str, folder: Path, pages: str) -> Tool:
    """Return the guide's project in `folder`, whose chapters lie in `docs/` + `pages`."""
    prose = folder / "docs" / pages / f"{EDITED}.md"
    tool = mkdocs(name, folder, prose=prose, code=folder / "snippets" / f"{EDITED_SNIPPET}.py")
    tool.build_pages, tool.build = tool.build, [sys.executable, "-m", "nnsight_guide", "build"]
    return tool
