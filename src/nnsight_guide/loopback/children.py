"""Processes that a job has started: they end with it, also those whose own parent has ended."""

import ctypes
import os
import sys
from contextlib import suppress

import psutil

_PR_SET_CHILD_SUBREAPER = 36
SECONDS_TO_END = 5.0


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends; only Linux can do that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_children() -> None:
    """End all processes below this one."""
    if not _has_children():
        return
    # What is started while others are being ended is found in the next round.
    while children := psutil.Process().children(recursive=True):
        _kill(children)
        if psutil.wait_procs(children, timeout=SECONDS_TO_END)[1]:
            break  # the system does not let go of it, and the next job need not wait for that


def end_with_children(pid: int) -> None:
    """End the process `pid` and all below it."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        _kill([*process.children(recursive=True), process])


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _has_children() -> bool:
    """Answer in microseconds what it takes psutil all processes of the machine to find out."""
    if not hasattr(os, "waitid"):
        return True
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True
