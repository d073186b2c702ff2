"""What a snippet shows, told by plain Python: the truth that the pages are held against.

There is no kernel here, no recording and no cache, and nothing of `nnsight_guide` but what a
snippet itself imports. The cells run in one namespace, as in a notebook: shown is what a cell
prints, and the value of its last expression. A figure is shown as its tokens and its numbers, a map
of plotly's as its words and what stands in its cells.
"""

import ast
import json
import linecache
import os
import signal
import sysconfig
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from transformers import set_seed

from tests.attacks.truth.mutants import MARKER, cells

DECIMALS = 4  # of the numbers of a figure on a page
# A warning names the file that gives it; on a page, packages lie nowhere.
PACKAGES = f"{sysconfig.get_path('purelib')}/"


@dataclass(frozen=True)
class Truth:
    """What each cell shows; and `failed`, which one failed (or should have), and with what."""

    shown: dict[str, str]
    failed: str = ""


@dataclass(frozen=True)
class Figure:
    """What circuitsvis was asked to draw."""

    tokens: list[str]
    attention: Any

    def __repr__(self) -> str:
        return json.dumps(["figure", self.tokens, _rounded(self.attention)])


class Endless(BaseException):
    """What a cell ends with that runs too long; not for the cell itself to catch."""


def _end(*_: object) -> None:
    raise Endless


def shown_by(snippet: Path) -> Truth:
    """Run a snippet."""
    _draw_as_text()
    set_seed(0)  # as a kernel does before each snippet, so that what is drawn by chance is the same
    signal.signal(signal.SIGALRM, _end)
    text = snippet.read_text(encoding="utf-8")
    namespace: dict[str, Any] = {"_display": _display}
    try:
        exec(text[: MARKER.search(text).start()], namespace)
    except Exception as error:  # what it imports has been changed
        return Truth({}, type(error).__name__)
    shown: dict[str, str] = {}
    for cell in cells(text):
        signal.alarm(int(os.environ["GUIDE_CELL_SECONDS"]))  # as in a build
        try:
            with redirect_stdout(StringIO()) as printed, redirect_stderr(printed):
                error = _run(cell.code, f"<cell {cell.name}>", namespace)
        except Endless:
            return Truth(shown, f"cell '{cell.name}'")
        finally:
            signal.alarm(0)
        if (error is not None) != cell.should_raise:
            kind = type(error).__name__ if error else "should raise"
            return Truth(shown, f"cell '{cell.name}': {kind}")
        ending = f"{type(error).__name__}: {error}" if error else ""
        shown[cell.name] = printed.getvalue().replace(PACKAGES, "") + ending
    return Truth(shown)


def _run(code: str, file: str, namespace: dict[str, Any]) -> Exception | None:
    linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)  # for nnsight
    tree = ast.parse(code)
    if tree.body and isinstance(last := tree.body[-1], ast.Expr):
        last.value = ast.Call(ast.Name("_display", ast.Load()), [last.value], [])
    try:
        exec(compile(ast.fix_missing_locations(tree), file, "exec"), namespace)
    except Exception as error:
        return error
    return None


def _display(value: object) -> None:
    if type(value).__module__.startswith("plotly."):
        print(map_as_text(*_map(value)))
    elif value is not None:
        print(repr(value))


def map_as_text(words: list[str], columns: list[str], rows: list[str], cells: list[str]) -> str:
    """Return a map in the form in which it is compared: without the spaces around what it says."""
    parts = ([text.strip() for text in part] for part in (words, columns, rows, cells))
    return json.dumps(["map", *parts])


def _map(figure: Any) -> tuple[list[str], list[str], list[str], list[str]]:
    """Return what plotly was asked to draw."""
    (trace,), layout = figure.data, figure.layout
    values = trace.z.tolist()
    titles = (layout, layout.xaxis, layout.yaxis, layout.coloraxis.colorbar)
    n_rows, n_columns = len(values), len(values[0])
    form = trace.texttemplate.rpartition(":")[2].rstrip("}")
    texts = trace.text if trace.text is not None else [[""] * n_columns] * n_rows
    cells = [
        f"{texts[row][column]} {_written(values[row][column], form)}"
        for row in range(n_rows)
        for column in range(n_columns)
    ]
    columns = range(n_columns) if trace.x is None else trace.x
    rows = range(n_rows) if trace.y is None else trace.y
    words = [str(titled.title.text) for titled in titles]
    return words, [*map(str, columns)], [*map(str, rows)], cells


def _written(value: float, form: str) -> str:
    """Return a number as a map shows it, where nothing below zero is nothing."""
    written = format(value, form)
    return written if written.strip("-0.%") else written.lstrip("-")


def _draw_as_text() -> None:
    from circuitsvis import attention

    draw = attention.attention_patterns

    def attention_patterns(tokens: Any, attention: Any) -> Figure:
        draw(tokens=tokens, attention=attention)  # which raises what it raises
        return Figure(tokens, attention.tolist())

    attention.attention_patterns = attention_patterns


def _rounded(value: Any) -> Any:
    return [_rounded(part) for part in value] if isinstance(value, list) else round(value, DECIMALS)
