"""The whole site and the snippets' own tests, with every trace on the loopback service."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nnsight_guide.idioms.idiom import CELLS
from nnsight_guide.recording.cells import is_for_second_model
from tests.support import warm
from tests.support.processes import succeed
from tests.support.sites import copy_checkout


def run(checkout: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    own = warm.path(str(checkout / "src"))
    return succeed(*(sys.executable, "-m", *arguments), cwd=checkout, PYTHONPATH=own, **environment)


@pytest.fixture(scope="module")
def checkout(built, tmp_path_factory):
    """A copy of the checkout of this module's own, so that no other recordings are touched."""
    copy = copy_checkout(tmp_path_factory.mktemp("remote") / "guide")
    # Idioms run on no service: what has become of them here will do.
    for folder in CELLS:
        idioms = Path(".cache/nnsight-guide/recordings/demo") / folder
        shutil.copytree(built / "guide" / idioms, copy / idioms)
    return copy


@pytest.fixture(scope="module")
def said(checkout, service):
    """What a build of the whole site said."""
    profile = {"GUIDE_PROFILE": "remote", "GUIDE_MODEL": service.repo_id}
    done = run(checkout, "mkdocs", "build", "--strict", **service.environment(), **profile)
    return done.stdout + done.stderr


def test_every_snippet_runs_with_every_trace_remote_but_for_those_for_the_second_model(
    checkout, said
):
    paths = [path for path in (checkout / "snippets").glob("*.py") if path.stem != "__init__"]
    n_remote = len(paths) - len(list(filter(is_for_second_model, paths)))
    assert f"{n_remote} of {len(paths)} snippets run" in said
    recorded = checkout / ".cache" / "nnsight-guide" / "recordings" / "remote"
    assert len(list(recorded.glob("*.ipynb"))) == n_remote
    assert "attempt" not in said


def test_the_whole_build_holds_the_key_nowhere(checkout, said, service):
    assert service.key not in said
    for path in checkout.rglob("*"):
        if path.is_file():
            assert service.key.encode() not in path.read_bytes(), path


def test_the_snippets_pass_the_tests_of_the_local_build(checkout, said, capsys):
    paths = filter(is_for_second_model, (checkout / "snippets").glob("*.py"))
    others = [f"--ignore=tests/snippets/test_{path.stem}.py" for path in paths]
    tests = ("pytest", "-p", "no:cacheprovider", "tests/snippets", *others)
    done = run(checkout, *tests, GUIDE_TESTS_REMOTE="1")
    summary = done.stdout.splitlines()[-1]
    passed, local = (re.search(rf"(\d+) {what}", summary) for what in ("passed", "deselected"))
    n_passed, n_local = int(passed[1]), int(local[1]) if local else 0
    with capsys.disabled():
        print(f"\n{n_passed} snippet tests ran remotely, {n_local} are local by nature")
    assert n_local <= n_passed / 20
