"""Every test runs on the demo model, offline, and reads and writes nothing of the user's.

With GUIDE_TESTS_REMOTE=1 every trace runs on a loopback service, which is started before anything
imports nnsight; tests of what is local by nature, marked `local`, are left out, and counted.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from nnsight_guide import loopback
from nnsight_guide.model import profiles
from nnsight_guide.base.project import Project

ROOT = Path(__file__).parents[1]
IS_REMOTE = os.environ.get("GUIDE_TESTS_REMOTE") == "1"

# A shell's background job ignores Ctrl-C, and so would all that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Before anything imports nnsight or transformers, which read these once.
for variable in ("GUIDE_PROFILE", "GUIDE_MODEL", "GUIDE_REMOTE", "NDIF_API_KEY"):
    os.environ.pop(variable, None)
os.environ["NNSIGHT_CONFIG"] = str(Path(tempfile.mkdtemp()) / "nnsight.yaml")
os.environ["NO_MKDOCS_2_WARNING"] = "1"
os.environ.update(profiles.current().environment)
sys.path.insert(0, str(ROOT))

_services = contextlib.ExitStack()
if IS_REMOTE:
    _service = _services.enter_context(loopback.start())
    os.environ.update(_service.environment())
    os.environ.update({"GUIDE_MODEL": _service.repo_id, "GUIDE_REMOTE": "1"})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is local by nature where every trace is remote."""
    if IS_REMOTE:
        local = [item for item in items if item.get_closest_marker("local")]
        config.hook.pytest_deselected(items=local)
        items[:] = [item for item in items if item not in local]


def pytest_unconfigure() -> None:
    """End the service."""
    _services.close()


_counted: list[str] = []


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


MODEL = """\
import os

# %% setup
import torch
from nnsight import TransformersModel

REMOTE = False
model = TransformersModel(os.environ["GUIDE_MODEL"], task="text-generation", dtype=torch.bfloat16)
"""
TRACE = """\
from snippets.model import model

# %% ask
with model.trace("The Eiffel Tower is in the city of"):
    best = model.lm_head.output[0, -1].argmax().save()

print(best.item())
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A small project of its own: a model, and two snippets that trace it."""
    return make_project(tmp_path)


def make_project(folder: Path) -> Project:
    """Write a small project into `folder`."""
    (folder / "snippets").mkdir()
    (folder / "mkdocs.yml").write_text("site_name: a small project\nplugins: [nnsight-guide]\n")
    (folder / "requirements.lock").write_text("nnsight==0.8.1\n")
    project = Project(folder)
    (project.snippets / "__init__.py").write_text("")
    (project.snippets / "model.py").write_text(MODEL)
    (project.snippets / "first.py").write_text(TRACE)
    (project.snippets / "second.py").write_text(TRACE.replace("argmax", "argmin"))
    return project


@pytest.fixture(scope="module")
def module_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """As `project`, shared by the tests of a module that only read it or mend what they break."""
    return make_project(tmp_path_factory.mktemp("project"))


Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def command() -> Command:
    """Run `python -m MODULE …` in a folder, and hand back what it did."""

    def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=cwd,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def checkout(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, without what builds have made."""
    copy = tmp_path_factory.mktemp("checkout") / "guide"
    ignore = shutil.ignore_patterns(".venv", ".cache", ".git", "site", ".*_cache", "__pycache__")
    shutil.copytree(root, copy, ignore=ignore)
    return copy


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
        done = subprocess.run(
            [sys.executable, "-c", BUILD],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder / "src")},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    return build


@pytest.fixture(scope="session")
def first_build(build: Callable[[Path], str], checkout: Path) -> str:
    """What the build of a clean copy said."""
    return build(checkout)
