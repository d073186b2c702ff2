"""How the package is built: who may import whom, and that its picture in the docs shows it so."""

from __future__ import annotations

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from nnsight_guide.recording.imports import imported_modules

ROOT = Path(__file__).parents[2]
PACKAGE = "nnsight_guide"


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT / "src").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_of(path): path for path in (ROOT / "src" / PACKAGE).rglob("*.py")}
IMPORTS = {name: set(imported_modules(path.read_bytes())) for name, path in FILES.items()}
OWN = {name: (found - {PACKAGE}) & FILES.keys() for name, found in IMPORTS.items()}


def importers_of(*libraries: str) -> set[str]:
    """Return the modules that import one of these, anywhere in their code."""
    wanted = set(libraries)
    return {
        name.removeprefix(f"{PACKAGE}.")
        for name, found in IMPORTS.items()
        if wanted & {module.partition(".")[0] for module in found}
    }


def at_once(module: str) -> set[str]:
    """Return what importing a module imports, itself and through others of the package."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        tree = ast.parse(FILES[waiting.pop()].read_bytes())
        tree.body = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        new = set(imported_modules(ast.unparse(tree).encode())) - found
        found |= new
        waiting += new & FILES.keys()
    return found


def drawn() -> list[tuple[str, str, str]]:
    """Return the arrows of the diagram: from where, what happens on the way, to where."""
    text = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")
    diagram = text.partition("## How it works")[2].split("```")[1].splitlines()[1:]
    arrows, here, verb = [], "", ""
    for line in diagram:
        if "│" in line:
            verb = line.partition("│")[2].strip()
        elif "▼" not in line:
            before, (here, *aside) = here, re.split(r" ──(.+)──▶ ", line.strip())
            arrows += [(before, verb, here)] if before else []
            arrows += [(here, *aside)] if aside else []
    return arrows


ARROWS = drawn()
BETWEEN_MODULES = [arrow for arrow in ARROWS if "." not in arrow[0] + arrow[2]]  # not files


def imports(importer: str, imported: str) -> bool:
    """Whether a module, or one of its package or family (`site_…`), imports another."""

    def is_in(name: str, module: str, marks: str = ".") -> bool:
        return f"{name}.".startswith(tuple(f"{PACKAGE}.{module}{mark}" for mark in marks))

    return any(
        is_in(name, importer, "._") and any(is_in(module, imported) for module in found)
        for name, found in OWN.items()
    )


def test_no_module_imports_itself_through_others():
    order = TopologicalSorter(OWN)
    order.prepare()  # raises CycleError, which names the circle


def test_the_diagram_leads_from_a_snippet_to_a_page():
    sources, targets = {arrow[0] for arrow in ARROWS}, {arrow[2] for arrow in ARROWS}
    assert sources - targets == {"snippets/x.py"}
    assert "site/x.html" in targets - sources
    assert len(BETWEEN_MODULES) > 5


@pytest.mark.parametrize("arrow", BETWEEN_MODULES, ids=" ".join)
def test_each_arrow_of_the_diagram_is_an_import_and_that_one_way_only(arrow):
    come_from, verb, to = arrow
    importer, imported = (to, come_from) if verb.endswith(" by") else (come_from, to)
    assert imports(importer, imported)
    assert not imports(imported, importer)


def test_the_readme_shows_the_same_way_in_short():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    short = next(line for line in text.splitlines() if line.strip().startswith("snippets/x.py ──"))
    named = re.findall(r"\w+", " ".join(re.findall(r"──(.*?)──▶", short)))
    on_the_way = list(dict.fromkeys(name for a, _, b in ARROWS for name in (a, b)))
    assert named == [name for name in on_the_way if name in named]
    assert len(named) > 2


def test_nothing_but_run_starts_a_kernel():
    assert importers_of("jupyter_client", "nbclient") == {"kernel"}
    assert [name for name in OWN if imports(name.removeprefix(f"{PACKAGE}."), "kernel")] == [
        f"{PACKAGE}.run"
    ]


def test_nothing_but_site_knows_mkdocs():
    know = importers_of("mkdocs", "mkdocs_jupyter")
    assert know
    assert know <= {"site", "site_notebooks"}


@pytest.mark.parametrize("start", ["__main__", "site", "chapter", "cross_links", "loopback"])
def test_what_a_build_or_a_command_imports_brings_in_neither_torch_nor_nnsight(start):
    found = {module.partition(".")[0] for module in at_once(f"{PACKAGE}.{start}")}
    assert found.isdisjoint({"torch", "transformers", "nnsight", "numpy"})
