"""What an installed package defines of exceptions and of warnings, read from its source."""

import ast
import builtins
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

WARN = {"warn", "warn_explicit", "warning", "deprecated"}
ENDINGS = ("Error", "Exception", "Warning")


def trees(package: str) -> dict[str, ast.Module]:
    """Return the syntax tree of every module of a package, by its path in it."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    root = Path(spec.origin).parent
    return {
        path.relative_to(root).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(root.rglob("*.py"))
    }


def exceptions(modules: dict[str, ast.Module]) -> set[str]:
    """Return the names of all classes that are exceptions or warnings."""
    classes = {
        node.name: {_name(base) for base in node.bases}
        for tree in modules.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    found: set[str] = set()
    while more := {n for n, b in classes.items() if any(_is(base, found) for base in b)} - found:
        found |= more
    return found


def warned(modules: dict[str, ast.Module]) -> set[str]:
    """Return what each call that warns says, or the place of one that is told elsewhere."""
    return {words for path, tree in modules.items() for words in _warned(path, tree)}


def _warned(path: str, tree: ast.Module) -> Iterator[str]:
    constants = {
        _name(node.targets[0]): node.value for node in tree.body if isinstance(node, ast.Assign)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and _name(node.func) in WARN:
            said = constants.get(_name(node.args[0]), node.args[0])
            yield _longest_text(said) or f"{path}: {ast.unparse(said)}"


def _longest_text(node: ast.AST) -> str:
    """Return of a text with gaps the longest piece, which any message made of it holds."""
    pieces = [
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]
    is_text = isinstance(node, ast.Constant | ast.JoinedStr)
    return max(pieces, key=len, default="") if is_text else ""


def _is(base: str, found: set[str]) -> bool:
    kind = getattr(builtins, base, None)
    is_builtin = isinstance(kind, type) and issubclass(kind, BaseException)
    return is_builtin or base in found or base.endswith(ENDINGS)


def _name(node: ast.AST) -> str:
    return str(getattr(node, "attr", getattr(node, "id", "")))
