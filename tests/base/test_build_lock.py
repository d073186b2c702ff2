"""Builds of one checkout run cells one after another."""

import subprocess
import sys
import threading

import pytest

from nnsight_guide.base import build_lock

OTHER = """
import sys
from pathlib import Path
from nnsight_guide.base.build_lock import build_lock
with build_lock(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(project):
    """Another process, which holds the lock until its input ends."""
    command = [sys.executable, "-c", OTHER, project.cache]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout.readline() == "locked\n"
        yield process
        process.kill()


def test_who_comes_second_says_so_and_waits_for_the_first(project, other, capsys):
    threading.Timer(0.3, other.stdin.close).start()
    with build_lock.build_lock(project.cache) as has_waited:
        assert other.stdin.closed
        assert has_waited
    assert capsys.readouterr().err == "another build is running cells: waiting for it\n"


def test_the_lock_of_a_process_that_was_killed_is_free(project, other, capsys):
    other.kill()
    other.wait()
    with build_lock.build_lock(project.cache) as has_waited:
        assert not has_waited
        assert capsys.readouterr().err == ""


def test_one_that_hangs_is_not_waited_for_for_ever(project, other, monkeypatch):
    monkeypatch.setattr(build_lock, "SECONDS", 0.1)
    with build_lock.build_lock(project.cache):
        assert other.poll() is None
