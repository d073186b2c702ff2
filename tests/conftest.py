"""Every test runs on the demo model, offline, and reads and writes nothing of the user's.

With GUIDE_TESTS_REMOTE=1 every trace runs on a loopback service, which is started before anything
imports nnsight; tests of what is local by nature, marked `local`, are left out, and counted.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, sync_playwright

from nnsight_guide import loopback
from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import Project
from nnsight_guide.model import profiles, second_model
from tests.support import warm
from tests.support.browser import HOW_TO_GET_IT, QUIET, Profiles, Visit
from tests.support.paths import ROOT
from tests.support.processes import run_process, succeed
from tests.support.sites import copy_checkout, make_project

IS_REMOTE = os.environ.get("GUIDE_TESTS_REMOTE") == "1"

# A shell's background job ignores Ctrl-C, and so would all that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Before anything imports nnsight or transformers, which read these once.
for variable in ("GUIDE_PROFILE", "GUIDE_MODEL", "GUIDE_REMOTE", "NDIF_API_KEY"):
    os.environ.pop(variable, None)
# Code for the second model finds it by its folder, since the demo's is what `HF_HUB_CACHE` names.
os.environ["GUIDE_SECOND_MODEL"] = str(second_model.second_folder())
os.environ["NNSIGHT_CONFIG"] = str(Path(tempfile.mkdtemp()) / "nnsight.yaml")
os.environ["NO_MKDOCS_2_WARNING"] = "1"
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # several processes test; see FRUGAL in the room `run`
# And each of them computes on one processor: with two threads, which then wait for each other most
# of the time, the second model takes a third more of the processor, and two thirds more time.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ.update(profiles.current().environment)
warm.prepare()

_services = contextlib.ExitStack()
if IS_REMOTE:
    _service = _services.enter_context(loopback.start())
    os.environ.update(_service.environment())
    os.environ.update({"GUIDE_MODEL": _service.repo_id, "GUIDE_REMOTE": "1"})


# What takes longest begins first, and what shares fixtures that take long stays on one worker. What
# only reads the first build comes once that is there, which the rest of `pages` makes.
FIRST = (
    *("pages", "the second model", "run", "attacks/bad_input", "loopback", "pages/test_remotely"),
    *("pages/test_reproducible", "pages/test_copying", "pages/test_notebooks"),
    *("model/test_elsewhere", "snippets/test_second_model"),
    *("benchmarks", "assets/live"),
)
# And what imports snippets for the second model, which each take half a minute.
ON_SECOND_MODEL = ("snippets/test_task_", "snippets/test_another_", "pages/test_taken_over")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is local by nature where every trace is remote; put first what takes long."""
    if IS_REMOTE:
        local = [item for item in items if item.get_closest_marker("local")]
        config.hook.pytest_deselected(items=local)
        items[:] = [item for item in items if item not in local]
    items.sort(key=lambda item: order(group_of(item.path)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Give each worker one group after another. (pytest-xdist 3.8's own groups need pytest 8.)"""
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(ROOT / nodeid.partition("::")[0])

    return ByGroup(config, log)


def group_of(path: Path) -> str:
    """Return the tests that stay together: those of a file, or else of what is named above."""
    name = path.relative_to(ROOT / "tests").with_suffix("").as_posix()
    if name.startswith(ON_SECOND_MODEL):
        return "the second model"
    if name in FIRST:
        return name
    return next((folder for folder in FIRST if name.startswith(f"{folder}/")), name)


def order(group: str) -> int:
    return FIRST.index(group) if group in FIRST else len(FIRST)


def pytest_unconfigure() -> None:
    """End the service, and what is warm."""
    _services.close()
    warm.forget()


_counted: list[str] = []


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what was counted to the process that prints it."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["counted"] = _counted


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Take what a worker has counted."""
    _counted.extend(getattr(node, "workeroutput", {}).get("counted", []))


@pytest.fixture(scope="session")
def report_count() -> Callable[[str], None]:
    """Take a line on how much was tried ("120 mutants, 0 survived"), printed after all tests."""
    return _counted.append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was counted."""
    if _counted:
        terminalreporter.section("tried")
        for line in _counted:
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout that is tested."""
    return ROOT


@pytest.fixture(scope="session")
def profile() -> profiles.Profile:
    """The profile that every test runs on: the demo model, here or behind the service."""
    return profiles.current({**os.environ, "GUIDE_PROFILE": "remote"} if IS_REMOTE else {})


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A small project of its own: a model, and two snippets that trace it."""
    return make_project(tmp_path)


@pytest.fixture(scope="module")
def module_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """As `project`, shared by the tests of a module that only read it or mend what they break."""
    return make_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def second() -> Path:
    """The checkpoint of the second model, where its package is; continuous integration has it."""
    try:
        return second_model.second_checkpoint()
    except GuideError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))


Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def command() -> Command:
    """Run `python -m MODULE …` in a folder, and hand back what it did."""
    return partial(run_process, sys.executable, "-m")


BUILD = """
import sys
from mkdocs.__main__ import cli
try:
    cli(["build", "--strict"])
finally:
    print("torch imported:", "torch" in sys.modules)
"""


@pytest.fixture(scope="session")
def build() -> Callable[[Path], str]:
    """Build the site of a checkout and return what was said."""

    def build(folder: Path) -> str:
        own = str(folder / "src")
        done = succeed(sys.executable, "-c", BUILD, cwd=folder, PYTHONPATH=own)
        return done.stdout + done.stderr

    return build


@pytest.fixture(scope="session")
def once(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Path]:
    """Make a folder that all workers share; the one that comes first makes it."""
    shared = tmp_path_factory.getbasetemp()
    # Asked of the run itself: a worker's variables are also in what a test of it starts.
    if hasattr(pytestconfig, "workerinput"):
        shared = shared.parent

    def once(name: str, make: Callable[[Path], None]) -> Path:
        folder, is_made = shared / name, shared / f"{name}.made"
        with FileLock(shared / f"{name}.lock"):
            if not is_made.exists():
                make(folder)
                is_made.touch()
        return folder

    return once


@pytest.fixture(scope="session")
def built(once: Callable[..., Path], build: Callable[[Path], str]) -> Path:
    """A folder with the guide, built from nothing: only to be read."""

    def make(folder: Path) -> None:
        said = build(copy_checkout(folder / "guide"))
        (folder / "said.txt").write_text(said)

    return once("built", make)


@pytest.fixture(scope="session")
def ran_again(once: Callable[..., Path]) -> Callable[..., Path]:
    """Run snippets, or idioms, from nothing once more, in another copy of the guide.

    What this gives is what the tests of the snippets and idioms look at, and it has to be equal to
    what the first build shows.
    """

    def run(*names: str) -> Path:
        folder = once("ran-again", lambda folder: copy_checkout(folder / "another" / "place"))
        guide = folder / "another" / "place"

        def make(_: Path) -> None:
            run_names = [sys.executable, "-m", "nnsight_guide", "run", *names]
            succeed(*run_names, cwd=guide, PYTHONPATH=warm.path(str(guide / "src")))

        once(f"ran-{names[0]}", make)
        return guide

    return run


@pytest.fixture(scope="session")
def first_build(built: Path) -> str:
    """What the build of a clean copy said."""
    return (built / "said.txt").read_text()


@pytest.fixture(scope="session")
def checkout(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the guide whose site is built; who changes it puts it right again."""
    copy = tmp_path_factory.mktemp("checkout") / "guide"
    return Path(shutil.copytree(built / "guide", copy, symlinks=True))


@pytest.fixture(autouse=True, scope="module")
def _warm_kernels(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if not any(mark.name == "real_processes" for mark in request.node.iter_markers()):
            warm.use(patch)
        yield


@pytest.fixture(scope="session")
def service() -> Iterator[loopback.Service]:
    """A loopback service, for all tests that only use it."""
    with loopback.start() as service:
        yield service


@pytest.fixture(scope="session")
def wait_until() -> Callable[..., None]:
    """Wait until a condition holds; a machine that does much else takes ten times as long."""

    def wait_until(condition: Callable[[], bool], seconds: float = 400) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.05)

    return wait_until


# For a module and not for the session: as long as Playwright runs, no other test of this process
# could use asyncio.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROME") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail(HOW_TO_GET_IT)
        pytest.skip(HOW_TO_GET_IT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def profiles_of_visitors(browser: Browser) -> Profiles:
    return Profiles(browser)


@pytest.fixture
def visitor(profiles_of_visitors: Profiles) -> Iterator[Callable[..., Visit]]:
    """Opens pages that reach nothing but their own site; each has a browser profile of its own."""
    with contextlib.ExitStack() as visits:

        def visit(own: str, width: int = 1440, **settings: Any) -> Visit:
            viewport = {"width": width, "height": 900}
            lent = profiles_of_visitors.visit(own, viewport=viewport, **settings)
            return visits.enter_context(lent)

        yield visit
