"""Builds of one checkout take turns."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from nnsight_guide.base import build_lock

OTHER = """
import sys
from pathlib import Path
from nnsight_guide.project import Project
from nnsight_guide.turns import turn
with turn(Project(Path(sys.argv[1]))):
    print("it is my turn", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(project):
    """Another process, whose turn it is until it is told to end."""
    command = [sys.executable, "-c", OTHER, project.root]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout.readline() == "it is my turn\n"
        yield process
        process.kill()


def test_who_comes_second_says_so_and_waits_for_the_first(project, other, capsys):
    threading.Timer(0.3, other.stdin.close).start()
    with build_lock.turn(project):
        assert other.stdin.closed
    assert capsys.readouterr().err == "another build is running cells: waiting for it\n"


def test_the_turn_of_a_process_that_was_killed_is_over(project, other, capsys):
    other.kill()
    other.wait()
    with build_lock.turn(project):
        assert capsys.readouterr().err == ""


def test_one_that_hangs_is_not_waited_for_for_ever(project, other, monkeypatch):
    monkeypatch.setattr(turns, "SECONDS", 0.1)
    with build_lock.turn(project):
        assert other.poll() is None
