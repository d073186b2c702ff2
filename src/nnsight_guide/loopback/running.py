"""A job's thread: it can be interrupted, and what is printed there goes to the job's client."""

import ctypes
import io
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, Self, TextIO, TypeVar

T = TypeVar("T")

# Threads of this name are the worker's own; no job has left them.
SERVICE_THREAD = "loopback service"


@dataclass(frozen=True)
class JobResult:
    """What a job came to.

    Attributes:
        data: the result, as the client expects it.
        error: why there is none, in one line; else empty.
        size: of the result, in bytes; `data` may be more, with an envelope around it.
        changed: what the job had changed in the model, which was loaded anew; else empty.
        spent: why this process is not to run another job; else empty.

    """

    data: bytes = b""
    error: str = ""
    size: int = 0
    changed: str = ""
    spent: str = ""


class Interrupted(BaseException):
    """Raised in a thread from outside; no `except Exception` of a job's catches it."""


class Running(Generic[T]):
    """A function at work in a new thread.

    A thread for each, since much that a job can change belongs to its thread: torch's gradient
    mode, autocast, and nnsight's own nesting of traces.
    """

    def __init__(self, function: Callable[[], T], end: Callable[[T | Interrupted], None]) -> None:
        """Start `function`; what it returns goes to `end`, or that it was interrupted."""
        self._function, self._end = function, end
        self._lock = threading.Lock()
        self._is_over = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def interrupt(self) -> None:
        """Raise `Interrupted` in the function, as soon as it runs Python code."""
        with self._lock:  # never in `end`, which would send half of what it has to say
            if not self._is_over:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(self._thread.ident or 0), ctypes.py_object(Interrupted)
                )

    def _run(self) -> None:
        try:
            try:
                result: T | Interrupted = self._function()
            finally:
                with self._lock:
                    self._is_over = True
                _take_what_is_pending()
        except Interrupted as interrupted:
            self._is_over = True
            result = interrupted
        self._end(result)


def _take_what_is_pending() -> None:
    """Let an exception that was raised from outside arrive: the interpreter looks at each call."""


class JobOutput(io.TextIOBase):
    """A standard output that takes lines from the thread of a job, and passes on all others."""

    def __init__(self, elsewhere: TextIO) -> None:
        self._elsewhere = elsewhere
        self._of_thread = threading.local()

    @classmethod
    def install(cls) -> Self:
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
