"""A file in `snippets/from_2024/` → one idiom of 2024: the old code, and today's beside it.

It holds a docstring (title, blank line, what changed and why), perhaps a set-up, a cell `then` and
a cell `now`.
"""

import ast
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import modules_in
from nnsight_guide.recording.cells import read_notebook

IDIOMS_FOLDER = "from_2024"  # in the folder of the snippets
CELLS = ("then", "now")


@dataclass(frozen=True)
class Idiom:
    """One idiom, as its file has it.

    Attributes:
        name: the file's, without its ending.
        title: what it is about.
        explanation: what changed, and why.
        setup: the code that both cells need.
        then: the code of 2024.
        now: today's code.

    """

    name: str
    title: str
    explanation: str
    setup: str
    then: str
    now: str


def read_idiom(path: Path) -> Idiom:
    """Read the file of an idiom.

    Raises:
        GuideError: it cannot be read as cells, or lacks the docstring or one of the two cells.

    """
    return _read(path, path.read_bytes())


@lru_cache
def _read(path: Path, content: bytes) -> Idiom:
    notebook = read_notebook(path)
    cells = {cell.metadata.get("title", ""): cell.source for cell in notebook.cells}
    docstring = ast.get_docstring(ast.parse(content)) or ""
    title, _, explanation = docstring.partition("\n\n")
    if not explanation or not set(CELLS) <= cells.keys():
        raise GuideError(
            f"{path.parent.name}/{path.name} needs a docstring (a title, a blank line, what "
            "changed) and two cells, '# %% then' and '# %% now'"
        )
    return Idiom(
        name=path.stem,
        title=title.strip(),
        explanation=" ".join(explanation.split()),
        setup=cells.get("", ""),
        then=cells["then"],
        now=cells["now"],
    )


def read_idioms(folder: Path) -> list[Idiom]:
    """Read every idiom of a folder, sorted by name.

    Raises:
        GuideError: as `read_idiom`.

    """
    return [read_idiom(folder / f"{name}.py") for name in modules_in(folder)]
