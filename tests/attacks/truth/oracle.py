"""What a snippet shows, told by plain Python: the truth that the pages are held against.

There is no kernel here, no recording and no cache, and nothing of `nnsight_guide` but what a
snippet itself imports. The cells run in one namespace, as in a notebook: shown is what a cell
prints, and the value of its last expression. A figure is shown as its tokens and its numbers.
"""

import ast
import json
import linecache
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from tests.attacks.truth.mutants import MARKER, cells

DECIMALS = 4  # of the numbers of a figure on a page


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


def shown_by(snippet: Path) -> Truth:
    """Run a snippet."""
    _draw_as_text()
    text = snippet.read_text(encoding="utf-8")
    namespace: dict[str, Any] = {"_display": _display}
    try:
        exec(text[: MARKER.search(text).start()], namespace)
    except Exception as error:  # what it imports has been changed
        return Truth({}, type(error).__name__)
    shown: dict[str, str] = {}
    for cell in cells(text):
        with redirect_stdout(StringIO()) as printed, redirect_stderr(printed):
            error = _run(cell.code, f"<cell {cell.name}>", namespace)
        if (error is not None) != cell.should_raise:
            kind = type(error).__name__ if error else "should raise"
            return Truth(shown, f"cell '{cell.name}': {kind}")
        ending = f"{type(error).__name__}: {error}" if error else ""
        shown[cell.name] = printed.getvalue() + ending
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
    if value is not None:
        print(repr(value))


def _draw_as_text() -> None:
    from circuitsvis import attention

    draw = attention.attention_patterns

    def attention_patterns(tokens: Any, attention: Any) -> Figure:
        draw(tokens=tokens, attention=attention)  # which raises what it raises
        return Figure(tokens, attention.tolist())

    attention.attention_patterns = attention_patterns


def _rounded(value: Any) -> Any:
    return [_rounded(part) for part in value] if isinstance(value, list) else round(value, DECIMALS)
