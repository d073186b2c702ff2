"""Mutants of the named cells: a snippet in which one small thing is another. Pure.

There are three kinds of change: a constant is another one; a variable has another name where it is
bound, so that what comes later finds its old value or none; a statement is gone. Beside these, a
variable can have another name throughout, which changes nothing but the source.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

MARKER = re.compile(r"^# %% *(?P<name>\w+)(?!\w*=).*$", re.MULTILINE)
COMMENTED = "active-ipynb"  # the tag of a cell that stands in comments
RAISES = "raises-exception"
COMMENT = re.compile(r"^# ?", re.MULTILINE)
# The mutants that no test of their snippet could notice, and why.
EQUIVALENT = Path(__file__).with_name("equivalent.toml")
# These take seconds, the others a fraction of one: a service, a kernel with another model, or cells
# that compute for long. Of each of their cells one thing is changed, of the others' up to three.
SLOW = (
    "remote_execution",
    "model",
    "second_model",
    "another_architecture",
    "another_fact",
    "task_heads",
    "task_vector",
    "task_vector_checks",
)


@dataclass(frozen=True)
class Cell:
    """A named cell of a snippet: where it stands in the text, and its code, out of comments."""

    name: str
    start: int
    end: int
    is_commented: bool
    should_raise: bool
    code: str


@dataclass(frozen=True)
class Mutant:
    """A snippet with one change: in which cell, what it is, and the whole text."""

    snippet: str
    cell: str
    change: str
    text: str

    def __str__(self) -> str:
        return f"{self.snippet}/{self.cell}: {self.change}"


def cells(text: str) -> list[Cell]:
    """Return the named cells of a snippet, in order."""
    found = []
    markers = list(MARKER.finditer(text))
    for marker, following in zip(markers, [*markers[1:], None], strict=True):
        start = marker.end() + 1
        code = text[start : following.start() if following else None].rstrip()
        end = start + len(code)
        is_commented, should_raise = (tag in marker[0] for tag in (COMMENTED, RAISES))
        code = COMMENT.sub("", code) if is_commented else code
        found.append(Cell(marker["name"], start, end, is_commented, should_raise, code))
    return found


def mutants_of_all(texts: Mapping[str, str]) -> dict[str, list[Mutant]]:
    """Return the mutants of each snippet, by its name."""
    return {
        name: list(mutants(name, text, kinds=1 if name in SLOW else 3))
        for name, text in texts.items()
    }


def mutants(snippet: str, text: str, kinds: int) -> Iterator[Mutant]:
    """Yield up to `kinds` mutants of each named cell, each of another kind, and one renamed.

    Which constant, variable and statement it is, is left to a chance that always falls the same.
    """
    for cell in cells(text):
        chance = Random(cell.code)
        possible = [changes for kind in KINDS if (changes := list(kind(cell.code)))]
        for changes in chance.sample(possible, len(possible))[:kinds]:
            change, code = chance.choice(changes)
            yield Mutant(snippet, cell.name, change, _with(text, cell, code))
    if variables := [(cell.name, node.id) for cell in cells(text) for node in _bound(cell.code)]:
        cell_name, name = Random(text).choice(variables)
        change = f"{name} renamed throughout"
        yield Mutant(snippet, cell_name, change, _renamed(text, name))


def _renamed(text: str, name: str) -> str:
    for cell in reversed(cells(text)):
        nodes = [node for node in ast.walk(ast.parse(cell.code)) if isinstance(node, ast.Name)]
        edits = [(node, f"{name}_") for node in nodes if node.id == name]
        text = _with(text, cell, _edited(cell.code, *edits))
    return text


def _constants(code: str) -> Iterator[tuple[str, str]]:
    tree = ast.parse(code)
    docstrings = {node.value for body in _bodies(tree) if isinstance(node := body[0], ast.Expr)}
    strings = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    parts = {part for node in strings for part in ast.walk(node) if part is not node}
    for node in ast.walk(tree):
        if node in docstrings | parts or not isinstance(node, ast.Constant | ast.JoinedStr):
            continue
        old = str(ast.get_source_segment(code, node))
        match getattr(node, "value", ""):
            case str():
                new = f"{old[:-1]}?{old[-1]}"
            case bool(value):
                new = repr(not value)
            case int(value) | float(value):
                new = repr(value + 1)
            case _:
                continue
        yield f"{old} → {new}", _edited(code, (node, new))


def _names(code: str) -> Iterator[tuple[str, str]]:
    for node in _bound(code):
        yield f"{node.id} bound as {node.id}_", _edited(code, (node, f"{node.id}_"))


def _statements(code: str) -> Iterator[tuple[str, str]]:
    for body in _bodies(ast.parse(code)):
        for statement in body:
            is_docstring = isinstance(getattr(statement, "value", None), ast.Constant)
            if not hasattr(statement, "body") and not is_docstring:
                line, *_ = str(ast.get_source_segment(code, statement)).splitlines()
                yield f"{line} removed", _edited(code, (statement, "pass"))


KINDS = (_constants, _names, _statements)


def _bound(code: str) -> list[ast.Name]:
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)]
    return [node for node in nodes if isinstance(node.ctx, ast.Store)]


def _bodies(tree: ast.AST) -> list[list[ast.stmt]]:
    return [node.body for node in ast.walk(tree) if isinstance(getattr(node, "body", None), list)]


def _edited(code: str, *edits: tuple[ast.expr | ast.stmt, str]) -> str:
    """Put another text in the place of each node; nodes count columns in bytes."""
    lines = [line.encode() for line in code.splitlines(keepends=True)]
    whole = b"".join(lines)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines))]
    for node, new in sorted(edits, key=lambda edit: (edit[0].lineno, edit[0].col_offset))[::-1]:
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        whole = whole[:start] + new.encode() + whole[end:]
    return whole.decode()


def _with(text: str, cell: Cell, code: str) -> str:
    if cell.is_commented:
        code = "\n".join(f"# {line}".rstrip() for line in code.split("\n"))
    return text[: cell.start] + code + text[cell.end :]
