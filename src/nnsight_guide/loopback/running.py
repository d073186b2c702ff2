"""A function that runs in a thread of its own and can be interrupted there."""

from __future__ import annotations

import asyncio
import ctypes
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

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
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[T] = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, args=(function,), daemon=True)
        self._thread.start()

    def interrupt(self) -> None:
        """Raise `Interrupted` in the thread, as soon as it runs Python code."""
        # Perhaps nobody waits for the end any more; asyncio would report that as a mistake.
        self.ended.add_done_callback(lambda ended: ended.exception())
        if self._thread.is_alive():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(self._thread.ident or 0), ctypes.py_object(Interrupted)
            )

    def _run(self, function: Callable[[], T]) -> None:
        try:
            value = function()
        except BaseException as error:  # whoever waits for the end must get one
            failure = error
            self._loop.call_soon_threadsafe(lambda: self._settle(error=failure))
        else:
            self._loop.call_soon_threadsafe(lambda: self._settle(value=value))

    def _settle(self, *, value: T | None = None, error: BaseException | None = None) -> None:
        if self.ended.done():
            return
        if error is not None:
            self.ended.set_exception(error)
        else:
            self.ended.set_result(value)  # type: ignore[arg-type]  # T itself may be None
