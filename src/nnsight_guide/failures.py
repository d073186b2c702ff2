"""What went wrong in a cell, in one line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from nnsight_guide import cells, retries
from nnsight_guide.outputs import without_colours


class CellError(Exception):
    """A cell raised, or did not although its tag says so.

    `line` counts from 1 within the cell. `is_fatal` says that the kernel is of no more use,
    `may_pass` that a service failed in a way that may pass by itself.
    """

    def __init__(
        self,
        cell: str,
        error: str,
        line: int = 1,
        *,
        is_fatal: bool = False,
        may_pass: bool = False,
    ) -> None:
        super().__init__(error)
        self.cell, self.error, self.line = cell, error, line
        self.is_fatal, self.may_pass = is_fatal, may_pass


def error_of(cell: Any) -> Any:
    """Return the output of a cell that is its error, or None."""
    return next((out for out in cell.outputs if out.output_type == "error"), None)


def failure(cell: Any, name: str) -> CellError:
    """Describe the error of a cell: its last line, and the line of the cell where it began."""
    error = error_of(cell)
    text = without_colours("\n".join(error.traceback))
    # An arrow may stand in a library's own lines, where that had a cause of its own to tell of.
    line = re.search(r"Cell In\[\d+\], line (\d+)", text) or re.search(r"(?m)^-+> ?(\d+)", text)
    message = f"{error.ename}: {without_colours(error.evalue)}".strip()
    # The traceback ends each exception of the chain, causes first, with its name and its text.
    causes = re.findall(r"^([A-Z]\w*): ?(.*)$", text, re.MULTILINE)
    chain = [*causes, (str(error.ename), without_colours(error.evalue))]
    return CellError(
        name,
        message.splitlines()[-1],
        int(line[1]) if line else 1,
        may_pass=retries.is_passing_failure(chain),
    )


def explain(failure: CellError, path: Path) -> str:
    """Return the failure with the snippet's file, line and cell."""
    starts = cells.first_lines(path.read_text(encoding="utf-8"))
    line = starts.get(failure.cell, 1) + failure.line - 1
    cell = f"cell '{failure.cell}'" if failure.cell else "the cell before the first named one"
    return f"snippets/{path.name}, line {line}, {cell}: {failure.error}"
