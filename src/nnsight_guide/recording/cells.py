"""A snippet file → its named cells.

A snippet is a Python module in jupytext's percent format. `# %% name` starts a cell, and the
name is how a chapter calls it. What stands above the first named cell (the imports from
`snippets`) belongs to the machinery and is never shown.
"""

import re
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

from nnsight_guide.base.errors import GuideError

NAME = re.compile(r"\w+")
MARKER = re.compile(r"^# %% *(?P<name>\w*)(?!\w*=)", re.MULTILINE)
RAISES = "raises-exception"  # Jupyter's own tag for a cell that fails on purpose
REMOTE = "remote"  # the tag of a snippet that needs a service
SECOND_MODEL = "second-model"  # and of one that is for the second model


def read_notebook(path: Path, until: str | None = None) -> Any:
    """Read a snippet as a notebook (`nbformat.NotebookNode`) that has not run yet.

    A cell that stands in comments has its signs taken off. What comes after the cell `until` is
    left out.

    Raises:
        GuideError: the file is no UTF-8 text, no Python, it or one of its cells has a name that
            nothing can be called by, or two of its cells share a name.

    """
    if not path.stem.isidentifier():
        raise GuideError(f"{_short(path)} has no name for a module: use letters, digits and _")
    try:
        text = path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise GuideError(
            f"{_short(path)} is not UTF-8 text: byte {error.start} is wrong; save it as UTF-8"
        ) from None
    try:
        _check(text)
    except (SyntaxError, ValueError) as error:  # ValueError: the source holds a NUL
        line = getattr(error, "lineno", None) or 1
        reason = getattr(error, "msg", None) or str(error)
        raise GuideError(f"{_short(path)}, line {line}: {reason}") from None
    notebook = deepcopy(_parsed(text))  # whoever runs it puts outputs in
    names = [name for cell in notebook.cells if (name := cell.metadata.get("title"))]
    if unfit := [name for name in names if not NAME.fullmatch(name)]:
        raise GuideError(
            f"{_short(path)} has a cell named '{unfit[0]}': use letters, digits and _ only"
        )
    if twice := {name for name in names if names.count(name) > 1}:
        raise GuideError(f"{_short(path)} has two cells named '{sorted(twice)[0]}': rename one")
    if not names:
        raise GuideError(f"{_short(path)} has no cell: start one with a line '# %% name'")
    if until in names:
        titles = [cell.metadata.get("title") for cell in notebook.cells]
        notebook.cells = notebook.cells[: titles.index(until) + 1]
    return notebook


@lru_cache(maxsize=256)  # `make serve` asks at every change, and mostly of the same text
def _check(text: str) -> None:
    """Raise a SyntaxError, or a ValueError, if this is no Python."""
    compile(text, "<snippet>", "exec", dont_inherit=True)


@lru_cache(maxsize=256)  # as above
def _parsed(text: str) -> Any:
    import jupytext  # here, since what only asks for keys can do without it

    # By itself jupytext takes the signs off `# !command` and `# %magic`, and the comment would run.
    return jupytext.reads(
        text, fmt={"extension": ".py", "format_name": "percent", "comment_magics": False}
    )


def is_remote(path: Path) -> bool:
    """Say whether a snippet is about remote execution: one of its cells has the tag `remote`.

    Such a snippet runs against a service whatever the profile.
    """
    return _has_tag(path, REMOTE)


def is_for_second_model(path: Path) -> bool:
    """Say whether a snippet is for the second model: one of its cells has that tag.

    Such a snippet runs on that model whatever the profile.
    """
    return _has_tag(path, SECOND_MODEL)


def _has_tag(path: Path, tag: str) -> bool:
    """Look for a tag in the text alone, so that asking costs next to nothing."""
    mark = rb'^# %%%%.*\btags=\[[^]]*"%s"' % tag.encode()
    return bool(re.search(mark, path.read_bytes(), re.MULTILINE))


def raises(cell: Any) -> bool:
    """Say whether a notebook's cell shows a deliberate failure."""
    return RAISES in cell["metadata"].get("tags", [])


def first_lines(text: str) -> dict[str, int]:
    """Return, for each named cell, the line (from 1) on which its code starts."""
    lines = text.splitlines()
    starts = {}
    for found in MARKER.finditer(text):
        line = text.count("\n", 0, found.start()) + 1  # the marker's, from 1
        while line < len(lines) and not lines[line].strip():
            line += 1
        starts[found["name"]] = line + 1
    return starts


def _short(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
