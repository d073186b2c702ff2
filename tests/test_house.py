"""How the package is built: its rooms, who may import whom, and that its pictures show it so."""

import ast
import importlib
import re
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest

import nnsight_guide
from nnsight_guide.recording.imports import imported_modules
from tests.support.paths import ROOT, SRC

PACKAGE = "nnsight_guide"
HOME = SRC / PACKAGE
FILES = sorted(HOME.rglob("*.py"))

# The one statement of the order: the list in the package's own docstring, with what each holds.
ROOMS = dict(re.findall(r"^    (\w+): ((?:.*\n)(?:^        .*\n)*)", nnsight_guide.__doc__, re.M))
ORDER = [*ROOMS, "__main__"]
ALONE = "checks"  # it imports nothing of the others

# Strings of Python, and files of other kinds, that name modules.
DOTTED = re.compile(rf"\b{PACKAGE}((?:\.[a-z_]\w*)+)")
CONFIGURATION = [
    *(ROOT / name for name in ("mkdocs.yml", "Makefile", "pyproject.toml", "README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / ".github").rglob("*.yml")),
]

# Numbers that serve the newcomer; each exception has its reason.
MODULES = 10
LARGER = {
    "html": "a module for each kind of thing that a page shows",
    "loopback": "two sides of a wire: who starts the service, and its own process",
    "run": "two sides of a wire: the build, and the inside of its kernels",
    "site": "a module for each thing that MkDocs and its plugins leave out",
}
LINES = 250
LONGER = {
    "demo_model/training/corpus.py": "it is a list of facts",
    "model/state.py": "one table of all that code may leave behind",
}
LINES_ALONE = 60
SMALL = {
    "model/random_weights.py": "who writes such weights needs it as well (benchmarks)",
    "html/tabs.py": "two models' outputs in one place: render knows one",
    "chapter/live.py": "the call that shows no cell: what runs is in the page",
    "notebook/opening.py": "sentences for readers, apart from the code that puts cells together",
    "notebook/script.py": "the other thing that readers take away, beside notebooks",
    "canary/ways_round.py": "the table of what is known to help, which grows with each breakage",
    "site/beforehand.py": "what goes on beside a kernel, in a thread of its own",
    "site/leftovers.py": "what goes on beside builds, in a thread of its own",
    "site/offline.py": "`make offline` runs it",
    "site/search_words.py": "all that knows the search, as mkdocs_jupyter does notebooks",
}


def room_of(path: Path) -> str:
    first = path.relative_to(HOME).parts[0]
    return first.removesuffix(".py")


def module_of(path: Path) -> str:
    parts = path.relative_to(SRC).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES_BY_NAME = {module_of(path): path for path in FILES}


def named(dotted: str) -> str:
    """Return the module that a dotted name is, or is in."""
    while dotted not in MODULES_BY_NAME:
        dotted = dotted.rpartition(".")[0]
    return dotted


def strings(path: Path) -> str:
    """Return all strings of a file but for docstrings, which only tell."""
    tree = ast.parse(path.read_bytes())
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return "\n".join(n.value for n in nodes if isinstance(n.value, str) and id(n) not in docstrings)


def used_by(path: Path) -> set[str]:
    """Return the modules that a file imports, early or late, or names in a string."""
    imported = {name for name in imported_modules(path.read_bytes()) if name.startswith(PACKAGE)}
    in_strings = {PACKAGE + found for found in DOTTED.findall(strings(path))}
    return {named(name) for name in imported | in_strings} - {module_of(path), PACKAGE}


USES = {module_of(path): used_by(path) for path in FILES}
BETWEEN_ROOMS = {
    (room_of(path), room_of(MODULES_BY_NAME[used]))
    for name, path in MODULES_BY_NAME.items()
    for used in USES[name]
    if room_of(path) != room_of(MODULES_BY_NAME[used])
}


def importers_of(*libraries: str) -> set[str]:
    """Return the rooms that import one of these, anywhere in their code."""
    return {
        room_of(path)
        for path in FILES
        if {name.partition(".")[0] for name in imported_modules(path.read_bytes())} & {*libraries}
    }


def at_once(module: str) -> set[str]:
    """Return what importing a module imports, itself and through others of the package."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        tree = ast.parse(MODULES_BY_NAME[waiting.pop()].read_bytes())
        tree.body = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        new = set(imported_modules(ast.unparse(tree).encode())) - found
        found |= new
        waiting += new & MODULES_BY_NAME.keys()
    return found


def test_the_list_names_every_room_and_every_module_in_its_own():
    rooms = {room_of(path) for path in FILES} - {"__init__", "__main__"}
    assert {*ROOMS} == rooms
    for room, text in ROOMS.items():
        modules = {path.stem for path in (HOME / room).rglob("*.py")} - {"__init__", "__main__"}
        assert modules <= set(re.findall(r"\w+", text)), room


@pytest.mark.parametrize(("importer", "imported"), sorted(BETWEEN_ROOMS))
def test_imports_between_rooms_run_one_way(importer, imported):
    assert ORDER.index(imported) < ORDER.index(importer)
    assert ALONE not in (importer, imported)


def test_no_module_imports_itself_through_others():
    order = TopologicalSorter(USES)
    order.prepare()  # raises CycleError, which names the circle


@pytest.mark.parametrize("path", CONFIGURATION, ids=lambda path: path.name)
def test_what_other_files_name_is_there(path):
    for found in DOTTED.findall(path.read_text(encoding="utf-8")):
        dotted = PACKAGE + found
        module = importlib.import_module(named(dotted))
        rest = dotted.removeprefix(module.__name__).strip(".")
        assert not rest or hasattr(module, rest.partition(".")[0]), dotted
    for found in re.findall(rf"src/{PACKAGE}/[\w/.]+\w", path.read_text(encoding="utf-8")):
        assert (ROOT / found).exists(), found


def test_the_house_has_a_dozen_rooms_and_no_room_has_rooms_but_one():
    packages = {path.parent.relative_to(HOME).as_posix() for path in HOME.rglob("__init__.py")}
    deep = {name for name in packages if "/" in name}
    assert deep == {"demo_model/training"}
    assert 12 <= len(packages - deep - {"."}) <= 16
    assert {path.stem for path in HOME.glob("*.py")} == {"__init__", "__main__"}


def test_a_room_can_be_taken_in_at_a_glance():
    for room in ROOMS:
        modules = [path for path in (HOME / room).glob("*.py") if path.stem != "__init__"]
        assert len(modules) <= MODULES or room in LARGER, room


def test_a_file_is_neither_long_nor_a_splinter_of_another_without_a_reason():
    importers = {name: {user for user, used in USES.items() if name in used} for name in USES}
    long, small = set(), set()
    for name, path in MODULES_BY_NAME.items():
        n_lines = len(path.read_text(encoding="utf-8").splitlines())
        short_name = path.relative_to(HOME).as_posix()
        if n_lines > LINES:
            long.add(short_name)
        if n_lines < LINES_ALONE and len(importers[name]) <= 1 and path.stem[0] != "_":
            small.add(short_name)
    assert long == LONGER.keys()
    assert small == SMALL.keys()


def test_only_run_knows_kernels():
    assert importers_of("jupyter_client", "nbclient", "ipykernel", "IPython") == {"run"}
    knowing = {room_of(path) for path in FILES if "ipykernel" in strings(path)}
    assert knowing == {"run"}


def test_none_imports_what_only_snippets_draw_with():
    assert importers_of("plotly") == set()


def test_only_site_knows_mkdocs():
    assert importers_of("mkdocs", "mkdocs_jupyter", "markdown_exec", "material") == {"site"}
    # Its name, and JupyterLab's classes; but a person may be given a command to type.
    words = re.compile(r"mkdocs(?! build)(?!\.yml)|markdown.exec|\bjp-")
    assert {room_of(path) for path in FILES if words.search(strings(path))} == {"site"}


def test_only_ndif_asks_the_service_and_one_line_names_the_variable_of_the_key():
    assert importers_of("httpx") == {"ndif"}
    for variable in ("NDIF_API_KEY", "NDIF_HOST"):
        naming = [
            path.relative_to(HOME).as_posix()
            for path in FILES
            for line in strings(path).splitlines()
            if line == variable
        ]
        assert len(naming) == 1, naming


def test_nothing_of_the_package_is_imported_under_another_name():
    for path in FILES:
        tree = ast.parse(path.read_bytes())
        nodes = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
        own = [n for n in nodes if PACKAGE in ast.unparse(n)]
        assert not [n for n in own if any(alias.asname for alias in n.names)], path


def test_no_two_public_functions_or_classes_share_a_name():
    commands = {"main"}  # one for each program
    found: dict[str, str] = {}
    for name, path in MODULES_BY_NAME.items():
        if path.stem == "__main__" and room_of(path) == "__main__":
            continue  # its functions are the names of commands
        for node in ast.parse(path.read_bytes()).body:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            if not node.name.startswith("_") and node.name not in commands:
                assert node.name not in found, f"{node.name}: {found[node.name]} and {name}"
                found[node.name] = name


def test_fields_are_documented_in_one_style():
    for path in FILES:
        assert not re.search(r"^ +Fields:$", path.read_text(encoding="utf-8"), re.M), path


@pytest.mark.parametrize(
    "start", ["__main__", "site.plugin", "chapter", "loopback", "idioms.outcomes"]
)
def test_what_a_build_or_a_command_imports_brings_in_neither_torch_nor_nnsight(start):
    found = {module.partition(".")[0] for module in at_once(f"{PACKAGE}.{start}")}
    assert found.isdisjoint({"torch", "transformers", "nnsight", "numpy"})


@pytest.mark.parametrize("room", [room for room in ROOMS if room not in (ALONE, "loopback")])
def test_entering_a_room_brings_in_neither_torch_nor_mkdocs(room):
    found = {module.partition(".")[0] for module in at_once(f"{PACKAGE}.{room}")}
    assert found.isdisjoint({"torch", "mkdocs", "nnsight"})


def drawn() -> list[tuple[str, str, str]]:
    """Return the arrows of the diagram: from where, what happens on the way, to where."""
    text = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")
    diagram = text.partition("## How it works")[2].split("```")[1]
    return re.findall(r"(\S+) ──(.+?)──▶ (?=([^\s,]+))", diagram)


ARROWS = drawn()


def test_the_diagram_shows_every_room_and_nothing_else():
    shown = {name for before, _, after in ARROWS for name in (before, after)}
    assert {name for name in shown if "/" not in name and "." not in name} == {*ROOMS}


@pytest.mark.parametrize(("before", "verb", "after"), ARROWS, ids=lambda word: word.strip())
def test_each_arrow_of_the_diagram_is_an_import(before, verb, after):
    if {before, after} <= {*ROOMS}:
        arrow = (after, before) if verb.strip().endswith(" by") else (before, after)
        assert arrow in BETWEEN_ROOMS


def test_the_readme_shows_the_same_way_in_short():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    short = next(line for line in text.splitlines() if line.strip().startswith("snippets/x.py"))
    way = re.findall(r"[\w./]+", short)
    pairs = {(before, after) for before, _, after in ARROWS}
    assert all(pair in pairs for pair in pairwise(way))
    assert way[0] == "snippets/x.py"
    assert way[-1] == "site/x.html"
