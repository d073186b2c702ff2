"""Orphans are adopted by this process, as by the session's manager on a desktop.

What looks for a parent that has become the system's first process, and for nothing else, would then
never notice that its own was killed.
"""

import ctypes
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PR_SET_CHILD_SUBREAPER = 36


@pytest.fixture(autouse=True, scope="package")
def _orphans_are_adopted_here() -> Iterator[None]:
    if sys.platform != "linux":
        yield
        return
    set_option = ctypes.CDLL(None).prctl
    set_option(PR_SET_CHILD_SUBREAPER, 1)
    yield
    set_option(PR_SET_CHILD_SUBREAPER, 0)


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a short name: the path of a socket in it may have no more than 107 bytes."""
    return tmp_path_factory.mktemp("faults")
