"""A chapter's Markdown → its blocks: text, fences, boxes, and the calls that show cells. Pure.

Only what the chapters use is known: markdown-exec's blocks, fenced code, admonitions (`!!!`),
folded blocks (`???`) and tabs (`===`). All else is text and stays as it is written.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

BOX = re.compile(r'^(?P<sign>!!!|\?\?\?\+?|===)(?: +(?P<kind>[\w -]+?))?(?: +"(?P<title>.*)")?\s*$')
INDENT = "    "
EXECUTED = re.compile(r"""\bexec=["'](?!no?["']|off|false|0)""")
ITEM = re.compile(r"(?:[-*+]|\d+[.)]) ")


@dataclass(frozen=True)
class Text:
    """Markdown that any notebook understands."""

    markdown: str


@dataclass(frozen=True)
class Fence:
    """A block of code that is only shown."""

    language: str
    code: str
    classes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Call:
    """One call in a block of markdown-exec, such as `cell("trace_and_save", "trace")`.

    `line` is the page's, from 1.
    """

    function: str
    arguments: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    line: int = field(default=1, compare=False)


@dataclass(frozen=True)
class Box:
    """An admonition (`!!!`), a folded block (`???`) or a tab (`===`), and what is in it."""

    sign: str
    kind: str
    title: str
    blocks: Sequence[Block]


Block = Text | Fence | Call | Box


def blocks(markdown: str, first: int = 1) -> list[Block]:
    """Return the blocks of a chapter, in order; `first` is the line at which its text begins."""
    lines = markdown.splitlines()
    found: list[Block] = []
    text: list[str] = []

    def end_text() -> None:
        if kept := "\n".join(text).strip("\n"):
            found.append(Text(kept))
        text.clear()

    at = 0
    while at < len(lines):
        if fence := fence_of(lines[at]):
            ticks, info = fence
            end = end_of_fence(lines, at, ticks)
            body = "\n".join(lines[at + 1 : end])
            end_text()
            if EXECUTED.search(info):
                found.extend(_printed_calls(body, first + at))
            else:
                found.append(_fence(info, body))
            at = end + 1
        elif box := BOX.match(lines[at]):
            end = _end_of_box(lines, at)
            inner = [line.removeprefix(INDENT) for line in lines[at + 1 : end]]
            end_text()
            kind = box["kind"] or ""
            title = kind.capitalize() if box["title"] is None else box["title"]
            title = title.replace('\\"', '"')
            held = blocks("\n".join(inner), first + at + 1)
            found.append(Box(box["sign"].rstrip("+"), kind, title, held))
            at = end
        else:
            text.append(lines[at])
            at += 1
    end_text()
    return found


def calls_in(block: Block) -> Iterator[Call]:
    """Yield the calls in a block, and in the blocks in it."""
    if isinstance(block, Call):
        yield block
    elif isinstance(block, Box):
        for inner in block.blocks:
            yield from calls_in(inner)


def fence_of(line: str) -> tuple[str, str] | None:
    """Return what a line that opens a fence begins with (such as three backticks), and the rest.

    Whether it opens one is for the site's Markdown to say: with options that it cannot read, no.
    """
    from pymdownx.superfences import RE_NESTED_FENCE_START  # which only a build needs

    found = RE_NESTED_FENCE_START.match(line)
    if found is None or found["unrecognized"]:
        return None
    return found["fence"], line[found.end("fence") :]


def end_of_fence(lines: list[str], start: int, ticks: str) -> int:
    """Return where the fence that starts there ends; that of the last line, if it does not."""
    ends = (n for n in range(start + 1, len(lines)) if lines[n].rstrip() == ticks)
    return next(ends, len(lines))


def _end_of_box(lines: list[str], start: int) -> int:
    """Return the line after the last one of a box: what is in it is indented, or empty."""
    end = start + 1
    while end < len(lines) and (lines[end].startswith(INDENT) or not lines[end].strip()):
        end += 1
    return end


def _fence(info: str, code: str) -> Fence:
    """Read `python` as well as `{ .python .no-copy }`."""
    words = info.strip().strip("{}").split()
    names = [word.removeprefix(".") for word in words if "=" not in word]
    return Fence(names[0] if names else "", code, frozenset(names[1:]))


def _printed_calls(code: str, line: int) -> list[Call]:
    """Return the calls that a block prints, in order; `line` is that of its fence."""
    return [
        Call(
            call.func.id,
            tuple(ast.literal_eval(argument) for argument in call.args),
            {word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg},
            line + call.lineno,
        )
        for statement in ast.parse(code).body
        for call in printed(statement)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
    ]


def printed(statement: ast.stmt) -> list[ast.expr]:
    """Return what a statement of a block prints, if it does nothing else."""
    if not (isinstance(statement, ast.Expr) and isinstance(call := statement.value, ast.Call)):
        return []
    is_print = isinstance(call.func, ast.Name) and call.func.id == "print"
    return call.args if is_print else []


def bare(line: str) -> str:
    """Return a line without what indents or quotes it."""
    return line.lstrip(" >")


def openings(lines: list[str]) -> Iterator[tuple[int, str | None, int]]:
    """Yield each line that is in no fence, by its number; if it opens one, its info and its end.

    `lines` may be changed on the way, from the line on that was yielded last.
    """
    at = 0
    while at < len(lines):
        info, end = None, at
        if fence := fence_of(bare(lines[at])):
            ticks, info = fence
            end = end_of_fence(unindented(lines, at), at, ticks)
        yield at, info, end
        at = end + 1


def unindented(lines: list[str], at: int) -> list[str]:
    """Return lines as they are for what begins at one of them, less what indents or quotes it."""
    deep = len(lines[at]) - len(bare(lines[at]))
    return [line[deep:] if not line[:deep].strip(" >") else line for line in lines]


def is_indented_code(lines: list[str], at: int) -> bool:
    """Whether a line is code because it is indented, and is in no list and in no box."""
    deep = len(lines[at]) - len(lines[at].lstrip())
    if deep < len(INDENT):
        return False
    for line in reversed(lines[:at]):
        if line.strip() and len(line) - len(line.lstrip()) < deep:
            return not (BOX.match(line.lstrip()) or ITEM.match(line.lstrip()))
    return True
