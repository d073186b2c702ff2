"""The memory of a process and all that it starts, sampled while it runs.

PSS, not RSS: the checkpoint is mapped into memory, and so are the libraries, which several
processes share. PSS counts a page once, divided among those who have it; mapped pages of the
weights count like any other. Their sum over the tree is what the machine really holds.
"""

from __future__ import annotations

import threading
from types import TracebackType

import psutil


class PeakMemory:
    """Samples the tree of a process from a thread, until the block ends."""

    def __init__(self, pid: int, interval: float = 0.1) -> None:
        self.tree = 0  # the peak of the sum
        self.largest = 0  # the peak of the one process that had most
        self._root = psutil.Process(pid)
        self._interval = interval
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._done.wait(self._interval):
            sizes = [pss(process) for process in tree(self._root)]
            self.tree = max(self.tree, sum(sizes))
            self.largest = max(self.largest, *sizes, 0)


def tree(root: psutil.Process) -> list[psutil.Process]:
    """Return a process and all its descendants, those that are there."""
    try:
        return [root, *root.children(recursive=True)]
    except psutil.Error:
        return []


def pss(process: psutil.Process) -> int:
    """Return the proportional set size of a process in bytes; 0 if it has just ended."""
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0
