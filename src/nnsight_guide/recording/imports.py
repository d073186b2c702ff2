"""Which files of the project a snippet needs, itself or through another, found by reading it.

These are the modules that it imports, in whatever words, and what it declares: a list `READS` at
the top of a module names files, or folders with all that is in them, for what no reader of the
source, and no hook in the interpreter, can see being read.
"""

import ast
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import resolve_name
from pathlib import Path

from nnsight_guide.base.errors import GuideError

# Where a package lies, if it does not lie where the kernel runs, at the root of the checkout.
ELSEWHERE = {"nnsight_guide": "src/nnsight_guide"}
# What imports the module that its first argument names.
CALLS = {"__import__", "import_module"}
ANY = "snippets.**"  # what a name that is put together at run time may be
DECLARED = "READS"
# What a source has in it, beside such imports, that imports by a call or names a module in an
# expression; Python reads many letters beyond ASCII as if they were those.
IMPORTS = re.compile(rb"^[ \t]*(?:from snippets[\w.]* import|import snippets)\b", re.MULTILINE)
MAY_NAME = re.compile(rb"__import__|import_module|\bsnippets\b|[^\0-\x7f]")


@dataclass(frozen=True)
class Needs:
    """What one source needs: modules by their dotted names, and the files that it declares."""

    modules: tuple[str, ...] = ()
    declared: tuple[str, ...] | None = ()  # None: the declaration cannot be read


def project_imports(path: Path, root: Path, code: str | None = None) -> list[Path]:
    """Return the files of this project that `path` needs, transitively, without itself.

    With `code`, a part of what stands in `path`, only what that part needs is returned.

    They are sorted, so that the same sources give the same list. A file that is not Python
    needs nothing: that it is broken is for the reader of its cells to say.

    Raises:
        GuideError: a module declares what is not there.

    """
    # To look at the files of every module of torch would take most of the time.
    names = os.listdir(root)  # noqa: PTH208 - which makes no paths, for thousands of questions
    ours = {name.removesuffix(".py") for name in names} | ELSEWHERE.keys()
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        source = waiting.pop()
        content = source.read_bytes() if code is None or source != path else code.encode()
        needs = _needs(content, _package(source, root))
        modules = [module for module in needs.modules if module.partition(".")[0] in ours]
        new = {file for module in modules for file in _files(module, root)} - found - {path}
        found |= new
        waiting += new
        if needs.declared != ():  # of most sources
            found.update(_declared(source, needs.declared, root))
    return sorted(found)


def imported_modules(source: bytes, package: str = "") -> tuple[str, ...]:
    """Return the names that a source in `package` imports."""
    return _needs(source, package).modules


@lru_cache(maxsize=1024)  # sources: every build asks again about the same ones
def _needs(source: bytes, package: str) -> Needs:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return Needs()
    # To walk through every expression takes most of the time that `status` does.
    is_deep = MAY_NAME.search(IMPORTS.sub(b"", source))
    nodes = list(ast.walk(tree) if is_deep else _statements(tree.body))
    calls = CALLS | {
        alias.asname
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name in CALLS and alias.asname
    }
    modules: list[str] = []
    for node in nodes:
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _absolute("." * node.level + (node.module or ""), package)
            # `from snippets import model` names a module as well.
            modules += [base, *(f"{base}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Call) and _name(node.func).rpartition(".")[2] in calls:
            modules.append(_called(node, package))
        elif isinstance(node, ast.Attribute) and (name := _name(node)).startswith("snippets."):
            modules.append(name)  # a submodule may be there because another snippet imported it
    return Needs(tuple(filter(None, modules)), _declaration(tree))


def _statements(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield all statements, those within others too."""
    for node in body:
        yield node
        for part in ("body", "handlers", "orelse", "finalbody", "cases"):
            yield from _statements(getattr(node, part, ()))


def _called(call: ast.Call, package: str) -> str:
    """Return the module that a call imports, or `ANY` where only a run of it can tell."""
    match [*call.args, *(word.value for word in call.keywords)]:
        case [ast.Constant(value=str(name)), ast.Constant(value=str(anchor)), *_]:
            return _absolute(name, anchor)
        case [ast.Constant(value=str(name)), *_]:
            return _absolute(name, package)
    return ANY


def _absolute(name: str, package: str) -> str:
    """Return a module's whole name; none, if it begins with more dots than there are packages."""
    try:
        return resolve_name(name, package)
    except ImportError:
        return ""


def _name(node: ast.expr) -> str:
    """Return `a.b.c` if that is what an expression says, or its end."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{_name(value)}.{name}"
    return ""


def _declaration(tree: ast.Module) -> tuple[str, ...] | None:
    """Return what the list `READS` names; None, if it is something else than a list of names."""
    for statement in tree.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=value)
            ) if name == DECLARED:
                parts = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
                said = [getattr(part, "value", None) for part in parts]
                names = tuple(text for text in said if isinstance(text, str))
                return names if len(names) == len(said) else None
    return ()


def _declared(source: Path, names: Iterable[str] | None, root: Path) -> Iterator[Path]:
    """Yield the files that a module declares, those in a folder one by one."""
    where = source.relative_to(root).as_posix() if source.is_relative_to(root) else source.name
    if names is None:
        raise GuideError(f"{where}: {DECLARED} is a list of paths in quotes, and nothing else")
    for name in names:
        path = root / name
        if path.is_dir():
            yield from (file for file in path.rglob("*") if file.is_file())
        elif path.is_file():
            yield path
        else:
            raise GuideError(
                f"{where}: {DECLARED} names '{name}', and there is no such file: write its path "
                "from the folder that holds mkdocs.yml"
            )


@lru_cache(maxsize=1024)
def _package(path: Path, root: Path) -> str:
    """Return the dotted name of the package that a module's file lies in."""
    for name, place in ELSEWHERE.items():
        if path.is_relative_to(root / place):
            return ".".join([name, *path.relative_to(root / place).parent.parts])
    return ".".join(path.relative_to(root).parent.parts) if path.is_relative_to(root) else ""


def _files(module: str, root: Path) -> Iterator[Path]:
    """Yield the files that importing `module` runs: its packages' `__init__.py`, then itself."""
    package, has_star, all_below = module.partition(".*")
    folder, places = _places(package, root)
    yield from filter(Path.is_file, places)
    if has_star:  # all modules in a package, and below it
        yield from folder.glob("**/*.py" if all_below else "*.py")


@lru_cache(maxsize=8192)  # a build asks about the same ones for each snippet and idiom
def _places(module: str, root: Path) -> tuple[Path, list[Path]]:
    """Return the folder that a package would be, and all files that its import would run."""
    package, *rest = module.split(".")
    folder = root / ELSEWHERE.get(package, package)
    places = []
    for name in ["", *rest]:
        folder = folder / name
        places += [folder / "__init__.py", folder.with_suffix(".py")]
    return folder, places
