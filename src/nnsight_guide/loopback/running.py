"""A job's thread: it can be interrupted, and what is printed there goes to the job's client."""

import asyncio
import ctypes
import io
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Generic, Self, TextIO, TypeVar

T = TypeVar("T")


class Interrupted(BaseException):
    """Raised in a thread from outside; no `except Exception` of a job's catches it."""


class Running(Generic[T]):
    """A function at work in a new thread.

    A thread for each, since much that a job can change belongs to its thread: torch's gradient
    mode, autocast, and nnsight's own nesting of traces.

    Attributes:
        ended: a future with what the function returned or raised.

    """

    def __init__(self, function: Callable[[], T]) -> None:
        """Start `function`; this must be called in the event loop's thread."""
        end: Future[T] = Future()
        self.ended = asyncio.wrap_future(end)
        self._thread = threading.Thread(target=_run, args=(function, end), daemon=True)
        self._thread.start()

    def interrupt(self) -> None:
        """Raise `Interrupted` in the thread, as soon as it runs Python code."""
        # Perhaps nobody waits for the end any more; asyncio would report that as a mistake.
        self.ended.add_done_callback(lambda ended: ended.exception())
        if self._thread.is_alive():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(self._thread.ident or 0), ctypes.py_object(Interrupted)
            )


def _run(function: Callable[[], T], end: Future[T]) -> None:
    try:
        end.set_result(function())
    except BaseException as error:  # whoever waits for the end must get one
        end.set_exception(error)


class JobOutput(io.TextIOBase):
    """A standard output that takes lines from the thread of a job, and passes on all others.

    `contextlib.redirect_stdout` would not do: it redirects all threads, and a job that cannot
    be stopped goes on printing while the next one runs.
    """

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
