"""A file in `snippets/from_2024/` or `snippets/errors/` → one idiom: two cells beside each other.

Of 2024 it holds the old code (`then`) and today's (`now`), of an error the code that goes wrong
(`fails`) and the code that does not (`works`). Above them stand a docstring (title, blank line,
why; of an error one more paragraph: whether its message tells the truth), and perhaps a set-up.
"""

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import Project, modules_in
from nnsight_guide.recording.cells import read_notebook

IDIOMS_FOLDER = "from_2024"  # in the folder of the snippets, like the next
ERRORS_FOLDER = "errors"
CELLS = {IDIOMS_FOLDER: ("then", "now"), ERRORS_FOLDER: ("fails", "works")}


@dataclass(frozen=True)
class Idiom:
    """One idiom, as its file has it.

    Attributes:
        name: the file's, without its ending; no two idioms of a checkout share one.
        title: what it is about.
        explanation: what changed, or what is wrong, and why.
        setup: the code that both cells need.
        then: the code of 2024, or the code that goes wrong.
        now: today's code, or the code that does not.
        folder: where the file lies.
        truth: of an error, whether its message tells the truth.

    """

    name: str
    title: str
    explanation: str
    setup: str
    then: str
    now: str
    folder: str = IDIOMS_FOLDER
    truth: str = ""


def read_idiom(path: Path) -> Idiom:
    """Read the file of an idiom.

    Raises:
        GuideError: it cannot be read as cells, or lacks the docstring or one of the two cells.

    """
    return _read(path, path.read_bytes())


@lru_cache
def _read(path: Path, content: bytes) -> Idiom:
    folder = path.parent.name
    is_error = folder == ERRORS_FOLDER
    then, now = CELLS[ERRORS_FOLDER if is_error else IDIOMS_FOLDER]
    notebook = read_notebook(path)
    cells = {cell.metadata.get("title", ""): cell.source for cell in notebook.cells}
    docstring = ast.get_docstring(ast.parse(content)) or ""
    title, *paragraphs = (" ".join(part.split()) for part in docstring.split("\n\n"))
    if len(paragraphs) < 1 + is_error or not {then, now} <= cells.keys():
        parts = "why, whether its message is true" if is_error else "what changed"
        raise GuideError(
            f"{folder}/{path.name} needs a docstring (a title, a blank line, {parts}) and two "
            f"cells, '# %% {then}' and '# %% {now}'"
        )
    truth = paragraphs.pop() if is_error else ""
    return Idiom(
        name=path.stem,
        title=title,
        explanation=" ".join(paragraphs),
        setup=cells.get("", ""),
        then=cells[then],
        now=cells[now],
        folder=folder,
        truth=truth,
    )


def idiom_paths(project: Project, folders: Iterable[str] = CELLS) -> dict[str, Path]:
    """Return the file of every idiom in these folders, by name.

    Raises:
        GuideError: two of them have the same name.

    """
    paths: dict[str, Path] = {}
    for folder in folders:
        for name in modules_in(project.snippets / folder):
            path = project.snippets / folder / f"{name}.py"
            if name in paths:
                raise GuideError(f"snippets/{folder}/{name}.py: rename it: there is another {name}")
            paths[name] = path
    return paths
