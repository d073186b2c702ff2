"""Which project modules a snippet imports, itself or through another, found by reading it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

PACKAGES = {"snippets": "snippets", "nnsight_guide": "src/nnsight_guide"}


def project_imports(path: Path, root: Path) -> list[Path]:
    """Return the files of this project that `path` imports, transitively, without itself.

    They are sorted, so that the same sources give the same list. A file that is not Python
    imports nothing: that it is broken is for the reader of its cells to say.
    """
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        for module in _imported(waiting.pop(), root):
            if module != path and module not in found:
                found.add(module)
                waiting.append(module)
    return sorted(found)


def _imported(path: Path, root: Path) -> Iterator[Path]:
    for module in imported_modules(path.read_bytes()):
        yield from _files(module, root)


@lru_cache(maxsize=1024)  # sources
def imported_modules(source: bytes) -> list[str]:
    """Return the names that a source imports; every build asks again about the same sources."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return []
    modules: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules.append(node.module)
            # `from snippets import model` names a module as well.
            modules += [f"{node.module}.{alias.name}" for alias in node.names]
    return modules


def _files(module: str, root: Path) -> Iterator[Path]:
    """Yield the files that importing `module` runs: its packages' `__init__.py`, then itself."""
    package, *rest = module.split(".")
    if package not in PACKAGES:
        return
    folder = root / PACKAGES[package]
    for name in ["", *rest]:
        folder = folder / name
        for file in (folder / "__init__.py", folder.with_suffix(".py")):
            if file.is_file():
                yield file
