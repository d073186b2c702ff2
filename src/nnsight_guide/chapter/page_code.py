"""The code on a page: which blocks run, what they call, and what is wrong with them. Pure."""

import ast
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from nnsight_guide.chapter.text import (
    BOX,
    EXECUTED,
    INDENT,
    Call,
    bare,
    is_indented_code,
    openings,
    printed,
    unindented,
)
from nnsight_guide.html.render import SNIPPET_ATTRIBUTES

# The calls that show a recording; each names its snippet, but for `setup`, which shows the model's.
SHOWING = (*SNIPPET_ATTRIBUTES, "picture", "setup")

PAGES = 512  # that are read, each several times in a build, and kept

NOT_CARRIED = "the chapter's notebook cannot carry this here: start it at the margin, or in a box"
CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
# What the site's Markdown knows and Jupyter's does not.
SITE_ONLY = {
    r"\[\^[^\]]+\]": "a footnote: say it in the text",
    r"^-+8<-+": "a file that is included: write its text here",
    r"^\*\[[^\]]+\]:": "an abbreviation: say it in the text",
    r"^:   ": "a list of definitions: use a list or a table",
    r"<[^>]*\bmarkdown\b": "Markdown in HTML: write it without HTML",
    r"!\[[^\]]*\]\((?!https?:|data:)": "a picture that lies beside the page: draw it in a cell",
    r"<img\b": "a picture in HTML: draw it in a cell",
    r"<a\b|^\[[^^\]][^\]]*\]: ": "a link of this form: write [words](target)",
}
ONLY_CALLS = (
    "a chapter's notebook carries calls such as `cell(…)`, and no other code: print them, with "
    "their arguments in quotes"
)


@lru_cache(maxsize=PAGES)
def without_comments(markdown: str) -> str:
    """Return Markdown in which comments of HTML are empty lines: they neither show nor run."""
    lines = markdown.splitlines()
    for at, _, _ in openings(lines):
        if bare(lines[at]).startswith("<!--") and not is_indented_code(lines, at):
            end = next((n for n in range(at, len(lines)) if "-->" in lines[n]), None)
            if end is None:
                break  # it is text then, for a browser too
            rest = lines[end].partition("-->")[2]
            lines[at : end + 1] = [""] * (end - at) + [rest]
    return "\n".join(lines)


@dataclass(frozen=True)
class Executed:
    """A block that markdown-exec runs, however deep it stands; `line` is that of its fence."""

    line: int
    code: str
    is_closed: bool


@lru_cache(maxsize=PAGES)
def executed_blocks(markdown: str) -> list[Executed]:
    """Return the blocks of a page that are run, in order."""
    lines = [line.expandtabs(len(INDENT)) for line in markdown.splitlines()]
    found: list[Executed] = []
    for at, info, end in openings(lines):
        if info and EXECUTED.search(info):
            code = "\n".join(unindented(lines, at)[at + 1 : end]).strip("\n")
            # What looks like its end may be that of the next block.
            is_closed = end < len(lines) and not EXECUTED.search(code)
            found.append(Executed(at + 1, code, is_closed))
    return found


@lru_cache(maxsize=PAGES)
def problems(markdown: str, *, is_chapter: bool) -> list[tuple[int, str]]:
    """Return what is wrong with the blocks of a page, each with its line.

    Args:
        markdown: the page.
        is_chapter: whether there is a notebook of it, which has to show what the page shows.

    """
    return list(_problems(markdown, is_chapter=is_chapter))


def _problems(markdown: str, *, is_chapter: bool) -> Iterator[tuple[int, str]]:
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
        if is_chapter and (line := _no_call(block.code)):
            yield block.line + line, ONLY_CALLS
    if is_chapter:
        yield from _not_carried(markdown)


def _no_call(code: str) -> int:
    """Return the line of the first statement that is no import, and prints not only calls."""
    for statement in ast.parse(code).body:
        shown = printed(statement)
        if not isinstance(statement, ast.ImportFrom) and not (shown and all(map(_is_call, shown))):
            return statement.lineno
    return 0


def _is_call(node: ast.expr) -> bool:
    """Whether something is a call of a function, with all arguments as they are."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return False
    with suppress(ValueError, TypeError):
        for argument in (*node.args, *(word.value for word in node.keywords)):
            ast.literal_eval(argument)
        return True
    return False


def _not_carried(markdown: str) -> Iterator[tuple[int, str]]:
    """Yield what a notebook's reader does not find, or Jupyter does not know, with its line."""
    lines = markdown.splitlines()
    in_boxes = [0]  # how far what is in the boxes around is indented
    for at, info, _ in openings(lines):
        start = bare(lines[at])
        deep = len(lines[at]) - len(start)
        if start:
            in_boxes = [indent for indent in in_boxes if indent <= deep] or [0]
        is_at_margin = deep == in_boxes[-1] and ">" not in lines[at][:deep]
        if info is not None:
            if EXECUTED.search(info) and not is_at_margin:
                yield at + 1, NOT_CARRIED
        elif not is_indented_code(lines, at):
            if BOX.match(start):
                if not is_at_margin:
                    yield at + 1, NOT_CARRIED
                in_boxes.append(deep + len(INDENT))
            prose = CODE.sub("", start)
            for pattern, what in SITE_ONLY.items():
                if re.search(pattern, prose):
                    yield at + 1, f"the chapter's notebook cannot carry {what}"


def calls_of(markdown: str) -> list[Call]:
    """Return all calls with arguments in quotes in the blocks of a page that run, in order."""
    return [
        Call(node.func.id, tuple(map(str, words)), line=block.line + node.lineno)
        for block in executed_blocks(markdown)
        for node in ast.walk(_parsed(block.code))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and (words := tuple(a.value for a in node.args if isinstance(a, ast.Constant)))
    ]


def _parsed(code: str) -> ast.AST:
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError):  # which is one of the page's problems
        return ast.Module([], [])


def shown_snippets(markdown: str) -> set[str]:
    """Return the names of the snippets that a chapter's calls name, whether or not they exist."""
    return {call.arguments[0] for call in calls_of(markdown) if call.function in SHOWING}


def line_of(markdown: str, words: Sequence[str]) -> int:
    """Return the line (from 1) of the first call with these words as its arguments."""
    found = (call.line for call in calls_of(markdown) if call.arguments == tuple(words))
    return next(found, 1)
