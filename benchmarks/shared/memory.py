"""The memory of a process and all that it starts, sampled while it runs.

PSS, not RSS: the checkpoint is mapped into memory, and so are the libraries, which several
processes share. PSS counts a page once, divided among those who have it; mapped pages of the
weights count like any other. Their sum over the tree is what the machine really holds.
"""

import threading
from contextlib import suppress
from typing import Self

import psutil

INTERVAL = 0.1  # seconds between samples


class PeakMemory:
    """Samples the tree of a process from a thread, until the block ends."""

    def __init__(self, pid: int) -> None:
        self.tree = 0  # the peak of the sum
        self.largest = 0  # the peak of the one process that had most
        self._root = psutil.Process(pid)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._done.wait(INTERVAL):
            sizes = tree_pss(self._root)
            self.tree = max(self.tree, sum(sizes))
            self.largest = max(self.largest, *sizes, 0)


def tree_pss(root: psutil.Process) -> list[int]:
    """Return the proportional set sizes, in bytes, of a process and its descendants that live."""
    found = []
    with suppress(psutil.Error):
        for process in [root, *root.children(recursive=True)]:
            with suppress(psutil.Error):
                found.append(int(process.memory_full_info().pss))
    return found
