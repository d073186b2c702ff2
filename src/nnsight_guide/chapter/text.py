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

from nnsight_guide.html.render import SNIPPET_ATTRIBUTES

FENCE = re.compile(r"^(?P<ticks>`{3,}|~{3,})(?P<info>[^`]*)$")
BOX = re.compile(r'^(?P<sign>!!!|\?\?\?\+?|===)(?: +(?P<kind>[\w -]+?))?(?: +"(?P<title>.*)")?\s*$')
INDENT = "    "
EXECUTED = re.compile(r"""\bexec=["'](?!no?["']|off|false|0)""")

# The calls that show a recording; each names its snippet, but for `setup`, which shows the model's.
SHOWING = (*SNIPPET_ATTRIBUTES, "picture", "setup")
SHOWN = re.compile(rf"""\b(?:{"|".join(SHOWING)})\(\s*["'](\w+)["']""")


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
    """One call in a block of markdown-exec, such as `cell("trace_and_save", "trace")`."""

    function: str
    arguments: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Box:
    """An admonition (`!!!`), a folded block (`???`) or a tab (`===`), and what is in it."""

    sign: str
    kind: str
    title: str
    blocks: Sequence[Block]


Block = Text | Fence | Call | Box


def blocks(markdown: str) -> list[Block]:
    """Return the blocks of a chapter, in order."""
    lines = markdown.splitlines()
    found: list[Block] = []
    text: list[str] = []

    def end_text() -> None:
        if kept := "\n".join(text).strip("\n"):
            found.append(Text(kept))
        text.clear()

    at = 0
    while at < len(lines):
        if fence := FENCE.match(lines[at]):
            end = _end_of_fence(lines, at, fence["ticks"])
            body = "\n".join(lines[at + 1 : end])
            end_text()
            if "exec=" in fence["info"]:
                found.extend(_calls(body))
            else:
                found.append(_fence(fence["info"], body))
            at = end + 1
        elif box := BOX.match(lines[at]):
            end = _end_of_box(lines, at)
            inner = [line.removeprefix(INDENT) for line in lines[at + 1 : end]]
            end_text()
            kind = box["kind"] or ""
            title = kind.capitalize() if box["title"] is None else box["title"]
            title = title.replace('\\"', '"')
            found.append(Box(box["sign"].rstrip("+"), kind, title, blocks("\n".join(inner))))
            at = end
        else:
            text.append(lines[at])
            at += 1
    end_text()
    return found


@dataclass(frozen=True)
class Executed:
    """A block that markdown-exec runs, however deep it stands; `line` is that of its fence."""

    line: int
    code: str
    is_closed: bool


def executed_blocks(markdown: str) -> list[Executed]:
    """Return the blocks of a page that are run, in order."""
    lines = [line.expandtabs(len(INDENT)) for line in markdown.splitlines()]
    found: list[Executed] = []
    at = 0
    while at < len(lines):
        bare = lines[at].lstrip(" >")
        if fence := FENCE.match(bare):
            deep = len(lines[at]) - len(bare)
            inner = [line[deep:] if not line[:deep].strip(" >") else line for line in lines]
            end = _end_of_fence(inner, at, fence["ticks"])
            if EXECUTED.search(fence["info"]):
                code = "\n".join(inner[at + 1 : end]).strip("\n")
                # What looks like its end may be that of the next block.
                is_closed = end < len(lines) and not EXECUTED.search(code)
                found.append(Executed(at + 1, code, is_closed))
            at = end
        at += 1
    return found


def problems(markdown: str, *, is_chapter: bool) -> Iterator[tuple[int, str]]:
    """Yield what is wrong with the blocks of a page that are run, each with its line.

    Args:
        markdown: the page.
        is_chapter: whether there is a notebook of it, which carries calls and no other code.

    """
    for block in executed_blocks(markdown):
        if not block.is_closed:
            yield block.line, "this block of Python has no end: close it with the same backticks"
            continue
        try:
            ast.parse(block.code)
        except (SyntaxError, ValueError) as error:
            reason = getattr(error, "msg", None) or str(error)
            yield (
                block.line + (getattr(error, "lineno", None) or 1),
                f"a block of Python fails: {type(error).__name__}: {reason}",
            )
            continue
        try:
            _calls(block.code) if is_chapter else None
        except (ValueError, TypeError):
            yield (
                block.line,
                "a chapter's notebook needs the arguments of this block's calls as they are: "
                "write each in quotes",
            )


def shown_snippets(markdown: str) -> set[str]:
    """Return the names of the snippets that a chapter's calls name, whether or not they exist."""
    return set(SHOWN.findall(markdown))


def calls_in(block: Block) -> Iterator[Call]:
    """Yield the calls in a block, and in the blocks in it."""
    if isinstance(block, Call):
        yield block
    elif isinstance(block, Box):
        for inner in block.blocks:
            yield from calls_in(inner)


def _end_of_fence(lines: list[str], start: int, ticks: str) -> int:
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


def _calls(code: str) -> list[Call]:
    """Return the calls that a block prints, in order."""
    return [
        Call(
            shown.func.id,
            tuple(ast.literal_eval(argument) for argument in shown.args),
            {word.arg: ast.literal_eval(word.value) for word in shown.keywords if word.arg},
        )
        for statement in ast.parse(code).body
        if isinstance(statement, ast.Expr) and isinstance(printed := statement.value, ast.Call)
        for shown in printed.args
        if isinstance(shown, ast.Call) and isinstance(shown.func, ast.Name)
    ]


def line_of(markdown: str, words: Sequence[str]) -> int:
    """Return the line (from 1) of the first call with these words as its arguments."""
    pattern = r"\(\s*" + r"\s*,\s*".join(f"""["']{re.escape(word)}["']""" for word in words)
    found = re.search(pattern, markdown)
    return markdown.count("\n", 0, found.start()) + 1 if found else 1
