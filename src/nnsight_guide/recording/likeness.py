"""Whether two sources do the same, and two outputs say the same. Pure.

Sources are compared as syntax that this Python has just parsed: a tree, or a hash of one, differs
from Python to Python, and so is never kept.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

# Machines differ by a rounding or two of bfloat16, of which one is up to 1/256: that far apart, two
# numbers are the same. So they are if they differ by one in their last decimal, of at least two.
TOLERANCE = 0.01
DECIMALS = 2

NUMBER = re.compile(r"(?<![\w.])[-+]?\d+\.\d+(?:e[-+]?\d+)?(?!\w|\.\d)")  # not of a version
NAMES_A_LINE = re.compile(r"\blines? \d|(?:\.py|<cell>|\]):\d")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
QUOTED = 8  # characters from which a line of code in an output is no coincidence


def does_the_same(old: str, new: str, *, as_text: bool = False) -> bool:
    """Whether two pieces of Python differ in nothing but comments, docstrings and layout.

    What this Python cannot parse, and whatever is to be compared `as_text`, has to be equal.
    """
    if old == new:
        return True
    trees = _syntax(old), _syntax(new)
    if as_text or None in trees:
        return old.strip() == new.strip()
    return trees[0] == trees[1]


def is_code(text: str) -> bool:
    """Whether anything stands there but comments."""
    return _syntax(text) != _syntax("")


@lru_cache(maxsize=1024)  # each cell is asked of with every cell after it
def _syntax(text: str) -> str | None:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    is_shown = not _ends_with_semicolon(tree, text)  # else Jupyter does not show what it gives
    for node in ast.walk(tree):
        if not isinstance(node, DOCUMENTED) or not node.body[1:]:
            continue
        if ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
    return f"{is_shown} {ast.dump(tree)}"


def _ends_with_semicolon(tree: ast.Module, text: str) -> bool:
    if not tree.body:
        return False
    last = tree.body[-1]
    line = text.split("\n")[(last.end_lineno or 1) - 1].encode()
    return line[last.end_col_offset :].lstrip().startswith(b";")


def tells_of_source(outputs: Iterable[Mapping[str, Any]], source: str, file: str = "") -> bool:
    """Whether outputs quote this source, or name a line: then its comments count as well.

    With `file`, its name, only what names that file as well is about a line of it.
    """
    said = "\n".join(_texts(list(outputs)))
    lines = {line.strip() for line in source.splitlines()}
    return (file in said and bool(NAMES_A_LINE.search(said))) or any(
        len(line) >= QUOTED and line in said for line in lines
    )


def says_the_same(old: Any, new: Any) -> bool:
    """Whether two outputs, or parts of them, are equal but for what machines differ by."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        known = [{*part} - {"execution_count"} for part in (old, new)]
        return known[0] == known[1] and all(says_the_same(old[n], new[n]) for n in known[0])
    if isinstance(old, str) and isinstance(new, str):
        numbers = zip(NUMBER.findall(old), NUMBER.findall(new), strict=False)
        return _words(old) == _words(new) and all(_are_near(a, b, _step(a, b)) for a, b in numbers)
    if isinstance(old, float) and isinstance(new, float):
        return _are_near(old, new, 0.0)
    if isinstance(old, Sequence) and isinstance(new, Sequence) and len(old) == len(new):
        if all(isinstance(number, float) for number in [*old, *new]):  # all with the same decimals
            step = _step(*map(str, [*old, *new]))
            return all(_are_near(a, b, step) for a, b in zip(old, new, strict=True))
        return all(map(says_the_same, old, new))
    return bool(old == new)


def _words(text: str) -> list[list[str]]:
    """Return the words of each line, with the same number for every number."""
    return [line.split() for line in NUMBER.sub("0.0", text).splitlines()]


def _step(*numbers: str) -> float:
    """Return a step of the last digit that any of these is written with; 0, if that is coarse."""
    decimals = max((len(number.partition(".")[2]) for number in numbers), default=0)
    is_plain = not any("e" in number for number in numbers)
    return 10.0**-decimals if is_plain and decimals >= DECIMALS else 0.0


def _are_near(a: str | float, b: str | float, step: float) -> bool:
    a, b = float(a), float(b)
    return abs(a - b) <= max(TOLERANCE * max(abs(a), abs(b)), 1.001 * step)  # of a rounded float


def _texts(part: Any) -> Iterator[str]:
    """Yield every text in an output."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, Mapping):
        for value in part.values():
            yield from _texts(value)
    elif isinstance(part, Iterable):
        for value in part:
            yield from _texts(value)
