"""A small site to break, and the means to meet it with a command."""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil
import pytest

from nnsight_guide.__main__ import main
from nnsight_guide.base.project import Project
from nnsight_guide.model.profiles import Profile
from nnsight_guide.run.plan import Plan
from nnsight_guide.run.runner import Runner
from tests.attacks.bad_input.case import Case
from tests.support.sites import block, make_project, make_site

BLOCK = block('cell("first", "ask")')
MARK = "GUIDE_TESTS_CASE"  # in the environment of all processes of a case
IN_PYTEST = "PYTEST_CURRENT_TEST"  # with it in its environment, a kernel captures less
SECONDS = 120


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A small project with a page."""
    project = make_project(tmp_path_factory.mktemp("site"))
    make_site(project, {"index.md": f"# A page\n\n{BLOCK}"})
    (project.snippets / "from_2024").mkdir()
    return project


class KeptRunner(Runner):
    """A runner whose kernel is there for the next command, too."""

    def close(self) -> None:
        """Do nothing: it is closed when all is done."""


@pytest.fixture(scope="module")
def runner(site: Project, profile: Profile) -> Iterator[Runner]:
    """The runner of all cases that need a kernel; all snippets of the site have run in it."""
    runner = KeptRunner(site)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(IN_PYTEST)
        runner.run_stale(Plan(site, profile))
    yield runner
    Runner.close(runner)


Answer = tuple[int, str]  # the exit status, and what went to standard error


@pytest.fixture
def in_process(
    site: Project, runner: Runner, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> Callable[..., Answer]:
    """Meet a case with the command line in this process, whose kernel is kept."""

    def run(case: Case, variables: Mapping[str, str]) -> Answer:
        with monkeypatch.context() as patch:
            patch.chdir(site.root)
            patch.delenv(IN_PYTEST)
            patch.setattr("nnsight_guide.run.runner.Runner", lambda project, **_: runner)
            patch.setattr(sys, "excepthook", sys.excepthook)  # it sets its own
            for name, value in variables.items():
                patch.setenv(name, value)
            status = main(case.arguments[1:])
        return status, capsys.readouterr().err

    return run


@pytest.fixture
def in_a_process(site: Project) -> Callable[..., Answer]:
    """Meet a case with a process of its own, which must leave neither processes nor files."""

    def run(case: Case, variables: Mapping[str, str], cwd: Path = site.root) -> Answer:
        mark = f"{os.getpid()} {time.monotonic_ns()}"
        python = shlex.split(variables.get("PYTHON", sys.executable))
        command = [*([] if case.arguments[0] == "make" else [*python, "-m"]), *case.arguments]
        with tempfile.TemporaryDirectory() as temporary:
            environment = {**os.environ, "TMPDIR": temporary, **variables, MARK: mark}
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            if case.is_interrupted:
                press_ctrl_c(process, when=site.root / "begun")
            _, errors = process.communicate(timeout=SECONDS)
            assert living(mark) == []
            assert list(Path(temporary).glob("nnsight-guide-*")) == []
        return process.returncode, errors

    return run


def press_ctrl_c(process: subprocess.Popen[str], when: Path) -> None:
    """Send what a terminal sends to all in it, as soon as a file is there."""
    deadline = time.monotonic() + SECONDS
    while not when.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    when.unlink()


def living(mark: str) -> list[str]:
    """Return the command lines of all processes with this mark that do not end in a moment."""
    marked = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):  # another user's, or it has just ended
            if process.environ().get(MARK) == mark:
                marked.append(process)
    _, alive = psutil.wait_procs(marked, timeout=5)
    return [" ".join(process.cmdline()) for process in alive]
