"""What went wrong in a cell, in one line."""

import re
import signal
from pathlib import Path
from typing import Any

from nnsight_guide.base.errors import GuideError, one_line
from nnsight_guide.ndif import retries
from nnsight_guide.recording import cells
from nnsight_guide.run import limits
from nnsight_guide.run.outputs import check_shown, without_colours

# What Python says of a mistake → what to do about it, where its own words do not tell.
REMEDIES = {
    r"^SystemExit": "a cell must not end the run",
    r"^StdinNotImplementedError": "nobody is there to answer: write the input into the cell",
    r"^ModuleNotFoundError: No module named '(?!snippets\b|nnsight_guide\b)": (
        "add it to pyproject.toml, then `make lock install`"
    ),
    r"\(most likely due to a circular import\)": "move what both need into a third snippet",
}


class CellError(Exception):
    """A cell raised, or did not although its tag says so.

    Attributes:
        cell: its name, which is empty for the cell before the first named one; None if no single
            cell failed, but the kernel cannot go on after all of them.
        error: what went wrong, in one line.
        line: where in the cell, counted from 1.
        is_fatal: whether the kernel is of no more use.
        may_pass: whether a service failed in a way that may pass by itself.
        traceback: the lines on the way to where it began, as IPython gives them.

    """

    def __init__(
        self,
        cell: str | None,
        error: str,
        line: int = 1,
        *,
        is_fatal: bool = False,
        may_pass: bool = False,
        traceback: str = "",
    ) -> None:
        super().__init__(error)
        self.traceback = traceback
        self.cell, self.error, self.line = cell, error, line
        self.is_fatal, self.may_pass = is_fatal, may_pass


def error_of(cell: Any) -> Any:
    """Return the output of a cell that is its error, or None."""
    return next((out for out in cell.outputs if out.output_type == "error"), None)


def failure(cell: Any, name: str) -> CellError:
    """Describe the error of a cell, in one line, and the line of the cell where it began."""
    error = error_of(cell)
    if error is None:
        return CellError(name, "an error that Jupyter cannot tell of: raise it with another text")
    text = without_colours("\n".join(error.traceback))
    # An arrow may stand in a library's own lines, where that had a cause of its own to tell of.
    line = re.search(r"Cell In\[\d+\], line (\d+)", text) or re.search(r"(?m)^-+> ?(\d+)", text)
    evalue = without_colours(error.evalue)
    # The traceback ends each exception of the chain, causes first, with its name and its text.
    causes = re.findall(r"^([A-Z]\w*): ?(.*)$", text, re.MULTILINE)
    may_pass = retries.is_passing_failure([*causes, (str(error.ename), evalue)])
    message = _said(error.ename, evalue)
    begin = int(line[1]) if line else 1
    return CellError(name, message, begin, may_pass=may_pass, traceback=text)


def check_outputs(cell: Any, name: str) -> None:
    """Check what a cell that ran has given.

    Raises:
        CellError: it is too much, or what no page can show; or it is no error, and should be one.

    """
    if limits.characters(cell.outputs) > limits.CHARACTERS:
        raise CellError(name, f"OutputLimit: {limits.TOO_MUCH}")
    try:
        check_shown(cell.outputs)
    except GuideError as error:
        raise CellError(name, str(error)) from None
    if cells.raises(cell) and not error_of(cell):
        raise CellError(
            name, "should raise (it is tagged raises-exception), but ran: take out the tag"
        )


def _said(ename: str, evalue: str) -> str:
    """Return what an exception says, in one line, with the remedy if there is a known one."""
    lines = evalue.strip().splitlines() or [""]
    # nnsight tells of an error inside of a trace by its whole traceback.
    said = lines[-1] if "Traceback" in evalue else f"{ename}: {lines[0]}".removesuffix(": ")
    said = one_line(said)
    known = [remedy for words, remedy in REMEDIES.items() if re.search(words, said)]
    return ": ".join([said.rstrip("."), *known]) if known else said


def cause_of_death(code: int | None) -> str:
    """Say how a kernel's process has ended, by its exit code."""
    if code == -signal.SIGKILL:
        return "the kernel died (killed): was there enough memory?"
    if code is not None and code < 0:
        return f"the kernel died ({signal.Signals(-code).name}): a library has crashed it"
    return f"the kernel died (exit status {code}): a cell must not end its process"


def explain(failure: CellError, path: Path) -> str:
    """Return the failure with the snippet's file, line and cell."""
    if failure.cell is None:
        return f"snippets/{path.name} {failure.error}"
    starts = cells.first_lines(path.read_text(encoding="utf-8"))
    line = starts.get(failure.cell, 1) + failure.line - 1
    cell = f"cell '{failure.cell}'" if failure.cell else "the cell before the first named one"
    return f"snippets/{path.name}, line {line}, {cell}: {failure.error}"


def explain_loading(failure: CellError, path: Path) -> str:
    """Return why the model did not load, with the line and the cell if `path`, its setup, says."""
    # Libraries have files of that name, too.
    found = re.search(rf"\bsnippets[\\/]{re.escape(path.name)}:(\d+)", failure.traceback)
    if found is None:
        return f"the model did not load: {failure.error}"
    starts = {"": 1, **cells.first_lines(path.read_text(encoding="utf-8"))}
    line = int(found[1])
    name = max((name for name in starts if starts[name] <= line), key=starts.__getitem__)
    return explain(CellError(name, failure.error, line - starts[name] + 1), path)
