"""Which project modules a snippet imports, itself or through another, found by reading it."""

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
        modules = imported_modules(waiting.pop().read_bytes())
        new = {file for module in modules for file in _files(module, root)} - found - {path}
        found |= new
        waiting += new
    return sorted(found)


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
