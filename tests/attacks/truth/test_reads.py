"""Whatever a run reads of the checkout: when that changes, its recording is stale, and says why."""

import py_compile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from safetensors.numpy import save_file

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import Project
from nnsight_guide.recording.freshness import freshness
from nnsight_guide.run.plan import Plan
from nnsight_guide.run.runner import Runner
from nnsight_guide.verify.rerun import compare_with_rerun, run_again
from tests.support.snippets import printed

DATA = "snippets/data/prompts.txt"
HELPER = f"from pathlib import Path\n\n# %% helper\nTEXT = Path('{DATA}').read_text()\n"
USES = "from snippets.helper import {}\n\n# %% ask\nprint({})\n"
CACHED = (
    "from functools import cache\nfrom pathlib import Path\n\n# %% helper\n@cache\ndef text():\n"
    f"    return Path('{DATA}').read_text()\n"
)
IN_THREAD = (
    "from concurrent.futures import ThreadPoolExecutor\nfrom pathlib import Path\n\n# %% helper\n"
    f"with ThreadPoolExecutor() as pool:\n    [TEXT] = pool.map(Path.read_text, [Path('{DATA}')])\n"
)
BY_PATH = """\
from importlib.util import module_from_spec, spec_from_file_location

# %% ask
spec = spec_from_file_location("there", "snippets/lib/there.py")
module = module_from_spec(spec)
spec.loader.exec_module(module)
print(module.NUMBER)
"""


def cell(code: str) -> str:
    return f"# %% ask\n{code}\n"


@dataclass(frozen=True)
class Row:
    """Files, of which some snippets read one; what they print before and after it changes."""

    what: str
    files: Mapping[str, str]
    path: str
    then: str | None  # its content afterwards; None: it is removed
    before: str
    after: str
    named: str = ""  # what is said to have changed, if not the path
    snippets: tuple[str, ...] = ("odd",)
    is_compiled: bool = False


def reads(what: str, code: str, before: str = "old", after: str = "new") -> Row:
    """Return the case of a cell that reads prompts, `old` and then `new`."""
    return Row(what, {"snippets/odd.py": cell(code), DATA: "old"}, DATA, "new", before, after)


def looks(what: str, code: str, before: str, after: str, named: str) -> Row:
    """Return the case of a cell that looks what there is in a folder, where a file appears."""
    files = {"snippets/odd.py": cell(code), DATA: ""}
    return Row(what, files, "snippets/data/x.txt", "", before, after, named)


def loads(what: str, snippet: str, path: str, *, is_compiled: bool = False) -> Row:
    """Return the case of a snippet that prints the number in another file."""
    files = {"snippets/odd.py": snippet, path: "NUMBER = 1\n"}
    return Row(what, files, path, "NUMBER = 22\n", "1", "22", is_compiled=is_compiled)


def shares(what: str, helper: str, name: str, value: str, order: tuple[str, ...]) -> Row:
    """Return the case of two snippets that share a helper, which reads prompts."""
    uses = USES.format(name, value)
    files = {"snippets/helper.py": helper, "snippets/odd.py": uses, "snippets/even.py": uses}
    what, files = f"{what}, {order[0]} first", {**files, DATA: "old"}
    return Row(what, files, DATA, "new", "old", "new", snippets=order)


def module(what: str, line: str) -> Row:
    """Return the case of a snippet whose number comes, in some way, from another module."""
    files = {
        "snippets/lib/__init__.py": "",
        "snippets/lib/a.py": line,
        "snippets/lib/b.py": "NUMBER = 1\n",
        "snippets/odd.py": "from snippets.lib import a\n\n# %% ask\nprint(a.NUMBER)\n",
    }
    return Row(what, files, "snippets/lib/b.py", "NUMBER = 22\n", "1", "22")


ORDERS = [("even", "odd"), ("odd", "even")]
TRIES = f"try:\n    print(open('{DATA}').read())\nexcept OSError:\n    print('none')"
AT_ROOT = "import tools_of_mine\n\n# %% ask\nprint(tools_of_mine.NUMBER)\n"
ROWS = [
    reads("text", f"from pathlib import Path\nprint(Path('{DATA}').read_text())"),
    reads(
        "bytes, by the system's own call",
        f"import os\nprint(os.read(os.open('{DATA}', os.O_RDONLY), 9))",
        *("b'old'", "b'new'"),
    ),
    reads("a whole path", f"import os\nprint(open(os.path.abspath('{DATA}')).read())"),
    reads(
        "a resource of a package",
        "from importlib.resources import files\n"
        "print((files('snippets') / 'data/prompts.txt').read_text())",
    ),
    Row("a file that comes", {"snippets/odd.py": cell(TRIES)}, DATA, "new", "none", "new"),
    Row(
        "a file that goes", {"snippets/odd.py": cell(TRIES), DATA: "old"}, DATA, None, "old", "none"
    ),
    looks(
        "a folder that is listed",
        "import os\nprint(len(os.listdir('snippets/data')))",
        *("1", "2", "snippets/data/"),
    ),
    looks(
        "files that a pattern finds",
        "import glob\nprint(len(glob.glob('snippets/*/x.txt')))",
        *("0", "1", "files like snippets/*/x.txt"),
    ),
    looks(
        "files below a folder that a pattern finds",
        "from pathlib import Path\nprint(len([*Path('snippets/data').rglob('*.txt')]))",
        *("1", "2", "files like snippets/data/**/*.txt"),
    ),
    *(shares("a helper that reads as it is imported", HELPER, "TEXT", "TEXT", o) for o in ORDERS),
    *(shares("a helper that reads but once", CACHED, "text", "text()", o) for o in ORDERS),
    *(shares("a helper that reads in a thread", IN_THREAD, "TEXT", "TEXT", o) for o in ORDERS),
    module("a relative import", "from .b import NUMBER\n"),
    module(
        "an import by a name that is put together",
        "from importlib import import_module as load\n\n"
        "NUMBER = load('snippets.lib.' + 'b').NUMBER\n",
    ),
    loads("a module at a path", BY_PATH, "snippets/lib/there.py"),
    loads("a module at a path, compiled", BY_PATH, "snippets/lib/there.py", is_compiled=True),
    loads("a module at the root", AT_ROOT, "tools_of_mine.py"),
]


@pytest.fixture(scope="module")
def project(module_project: Project) -> Project:
    return module_project


@pytest.fixture(scope="module")
def runner(project: Project) -> Iterator[Runner]:
    with closing(Runner(project)) as runner:
        yield runner


@pytest.fixture(scope="module")
def seen(report_count: Callable[[str], None]) -> Iterator[list[str]]:
    """Takes each thing that was read and seen to be read, and tells how many there were."""
    seen: list[str] = []
    yield seen
    report_count(f"{len(seen)} ways to read the checkout tried, each shown as it is now")


@pytest.fixture
def put(project: Project) -> Iterator[Callable[[str, str | bytes | None], None]]:
    """Write files, which are gone after the test."""
    there = {path for path in project.root.rglob("*") if ".cache" not in path.parts}

    def put(name: str, content: str | bytes | None) -> None:
        path = project.root / name
        if content is None:
            path.unlink()
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    yield put
    new = {path for path in project.root.rglob("*") if ".cache" not in path.parts} - there
    for path in sorted(new, reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    for path in (project.cache / "recordings/demo").glob("*.ipynb"):
        path.unlink()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
def test_what_was_read_makes_the_recording_stale(row, project, profile, runner, put, seen):
    for name, content in row.files.items():
        put(name, content)
    if row.is_compiled:
        py_compile.compile(str(project.root / row.path), doraise=True)

    def outputs() -> set[str]:
        return {printed(project, profile, name).strip() for name in row.snippets}

    for name in row.snippets:  # one after another, so that the order is this
        runner.run_stale(Plan(project, profile, [name]))
    assert outputs() == {row.before}
    assert all(freshness(project, name, profile).is_fresh for name in row.snippets)

    put(row.path, row.then)
    for name in row.snippets:
        stale = freshness(project, name, profile).stale_because
        assert f"{row.named or row.path} changed" in stale
    runner.run_stale(Plan(project, profile, row.snippets))
    assert outputs() == {row.after}
    assert all(freshness(project, name, profile).is_fresh for name in row.snippets)
    seen.append(row.what)


def ask(runner, project, profile):
    runner.run_stale(Plan(project, profile, ["odd"]))
    return printed(project, profile, "odd").strip()


def test_what_a_snippet_writes_itself_is_not_read(project, profile, runner, put):
    code = "from pathlib import Path\nPath('own').mkdir()\nfor n in 'ab':\n"
    code += "    Path('own', n).write_text(n)\nprint([Path('own', n).read_text() for n in 'ab'])\n"
    code += "import shutil\nshutil.rmtree('own')"
    put("snippets/odd.py", cell(code))
    assert ask(runner, project, profile) == "['a', 'b']"
    state = freshness(project, "odd", profile)
    assert state.is_fresh
    assert state.recorded.read == {}


def test_a_file_that_changes_while_it_is_read_is_read_again(project, profile, runner, put):
    change = (
        f"import subprocess\nprint(open('{DATA}').read())\nsubprocess.run(['cp', 'b', '{DATA}'])"
    )
    put("snippets/odd.py", cell(change))
    put(DATA, "old")
    put("b", "new")
    assert ask(runner, project, profile) == "new"
    assert freshness(project, "odd", profile).is_fresh


def test_a_snippet_that_failed_at_what_it_read_runs_with_what_is_there_now(
    project, profile, runner, put
):
    put("snippets/helper.py", "# %% helper\nNUMBER = int(open('snippets/data/n.txt').read())\n")
    put("snippets/odd.py", USES.format("NUMBER", "1 / NUMBER"))
    put("snippets/data/n.txt", "0")
    with pytest.raises(GuideError, match="ZeroDivisionError"):
        ask(runner, project, profile)
    put("snippets/data/n.txt", "4")
    assert ask(runner, project, profile) == "0.25"


LOADS = """{declared}
# %% ask
from safetensors.numpy import load_file
print(load_file("snippets/data/probe.safetensors")["x"].item())
"""


@pytest.fixture
def probe(project: Project, put: Callable[..., None], tmp_path: Path) -> Callable[[float], None]:
    """Write a file of safetensors, whose reading no hook in Python sees."""
    import numpy as np

    def probe(number: float) -> None:
        save_file({"x": np.array([number])}, tmp_path / "probe.safetensors")
        put("snippets/data/probe.safetensors", (tmp_path / "probe.safetensors").read_bytes())

    return probe


@pytest.mark.parametrize("declared", ["snippets/data/probe.safetensors", "snippets/data"])
def test_what_cannot_be_seen_can_be_declared(project, profile, runner, put, probe, seen, declared):
    put("snippets/odd.py", LOADS.format(declared=f'READS = ["{declared}"]\n'))
    probe(1.0)
    assert ask(runner, project, profile) == "1.0"
    probe(2.0)
    why = ["snippets/data/probe.safetensors changed"]
    assert freshness(project, "odd", profile).stale_because == why
    assert ask(runner, project, profile) == "2.0"
    seen.append(declared)


def test_what_is_neither_seen_nor_declared_is_found_by_a_rerun(
    project, profile, runner, put, probe, seen
):
    (project.snippets / "from_2024").mkdir()
    put("snippets/odd.py", LOADS.format(declared=""))
    probe(1.0)
    ask(runner, project, profile)
    probe(2.0)
    plan = Plan(project, profile, ["odd"])
    assert plan.snippets["odd"].is_fresh
    report = compare_with_rerun(plan, run_again(plan))
    assert report.differences == ["odd/ask: shown '1.0', rerun '2.0'"]
    seen.append("a rerun")
