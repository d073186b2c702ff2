"""What is copied from either table needs what its page says that it needs, and nothing else."""

import builtins
import symtable

import pytest

from nnsight_guide.base.project import Project
from nnsight_guide.idioms.idiom import idiom_paths, read_idiom


def unbound(code: str) -> set[str]:
    """Return the names that code uses and does not make."""
    top = symtable.symtable(code, "a cell", "exec")
    made = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
    return used(top) - made - {*dir(builtins)}


def used(table: symtable.SymbolTable) -> set[str]:
    """Return the global names that a scope and those in it use."""
    is_top = table.get_type() == "module"
    here = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    here = {name for name in here if is_top or table.lookup(name).is_global()}
    return here.union(*map(used, table.get_children()))


@pytest.fixture(scope="module")
def given(root):
    """The names of the usual set-up, and those that the pages name."""
    set_up = (root / "snippets" / "model.py").read_text(encoding="utf-8")
    top = symtable.symtable(set_up, "the set-up", "exec")
    names = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
    return names | {"prompt", "tokenizer"}


def test_right_code_runs_after_the_usual_set_up(root, given):
    idioms = [read_idiom(path) for path in idiom_paths(Project(root)).values()]
    missing = {idiom.name: unbound(idiom.now) - given for idiom in idioms}
    assert {name: names for name, names in missing.items() if names} == {}
    assert len(missing) > 70


@pytest.mark.parametrize(
    ("code", "missing"),
    [
        ("import torch\nprint(torch.ones(1))", set()),
        ("with model.trace(ids):\n    x = model.h\nprint(x)", {"model", "ids"}),
        ("def f(a):\n    return a + b\n\nf(1)", {"b"}),
        ("[x for x in range(n)]", {"n"}),
    ],
)
def test_a_name_that_code_does_not_make_is_found(code, missing):
    assert unbound(code) == missing
