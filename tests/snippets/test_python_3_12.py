"""Snippets and idioms run on Python 3.12 as well, the early ones of which lose what is saved.

Up to 3.12.9, a name that a script has and a comprehension at its top level binds too makes every
trace after the next one lose what it saves: `NameError` (python/cpython, issue 130809).
"""

import ast
from collections.abc import Iterator

import pytest

from tests.support.paths import ROOT

FILES = sorted(path for path in (ROOT / "snippets").rglob("*.py"))
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.GeneratorExp)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp)


def names_bound_twice(source: str) -> set[str]:
    """Return the names of the script that a comprehension at its top level binds as well."""
    own, inner = set(), set()
    for node, is_inner in _at_top_level(ast.parse(source)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            (inner if is_inner else own).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            own.add(node.name)
        elif isinstance(node, ast.alias):
            own.add((node.asname or node.name).partition(".")[0])
    return own & inner


def _at_top_level(node: ast.AST, is_inner: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    """Yield all that is not in a scope of its own, and whether a comprehension binds it."""
    yield node, is_inner
    if isinstance(node, SCOPES):
        return
    for child in ast.iter_child_nodes(node):
        yield from _at_top_level(child, is_inner or isinstance(child, COMPREHENSIONS))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_comprehension_takes_a_name_of_its_script(path):
    assert names_bound_twice(path.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    "source",
    [
        "for token in range(2): pass\nprint([token for token in 'ab'])",
        "import numpy as n\nwith x:\n    y = {n: 1 for m in 'ab' for n in m}",
        "def f(): pass\nprint({f for f in 'ab'})",
        "print([[a for a in b] for b in ['ab']])\na = 1",
    ],
)
def test_a_name_that_both_bind_is_found(source):
    assert len(names_bound_twice(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "token = 1\nprint(sum(token for token in [1]))",  # a function of its own, also there
        "a = 1\ndef f(): return [a for a in 'ab']",
        "a = 1\nprint([b + a for b in 'ab'])",
    ],
)
def test_a_name_in_a_scope_of_its_own_is_none_of_the_scripts(source):
    assert names_bound_twice(source) == set()
