"""What a job prints goes to its client."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO


class JobOutput(io.TextIOBase):
    """A standard output that takes lines from the thread of a job, and passes on all others.

    `contextlib.redirect_stdout` would not do: it redirects all threads, and a job that cannot
    be stopped goes on printing while the next one runs.
    """

    def __init__(self, elsewhere: TextIO) -> None:
        self._elsewhere = elsewhere
        self._of_thread = threading.local()

    @classmethod
    def install(cls) -> JobOutput:
        """Make a new one this process's standard output."""
        output = cls(sys.stdout)
        sys.stdout = output
        return output

    @contextmanager
    def to(self, log: Callable[[str], None]) -> Iterator[None]:
        """Pass what this thread prints to `log`, line by line, without empty ones."""
        self._of_thread.log, self._of_thread.begun = log, ""
        try:
            yield
        finally:
            if self._of_thread.begun.strip():
                log(self._of_thread.begun)
            self._of_thread.log = None

    def write(self, text: str) -> int:
        """Take `text`, which may be any part of a line or several of them."""
        log = getattr(self._of_thread, "log", None)
        if log is None:
            return self._elsewhere.write(text)
        *lines, self._of_thread.begun = (self._of_thread.begun + text).split("\n")
        for line in lines:
            if line.strip():
                log(line)
        return len(text)

    def writable(self) -> bool:
        """Say yes."""
        return True

    def flush(self) -> None:
        """Do nothing for a job: half a line is no line yet."""
        if getattr(self._of_thread, "log", None) is None:
            self._elsewhere.flush()
