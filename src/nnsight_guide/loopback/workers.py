"""The worker as the service sees it: a process that comes up, runs jobs, may end at any time."""

import signal
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Any

from nnsight_guide.loopback.children import end_with_children
from nnsight_guide.loopback.messages import receive, send
from nnsight_guide.loopback.settings import LoopbackError


@dataclass(frozen=True)
class JobEnd:
    """How a job ended; the fields are as in the worker's `JobResult`."""

    data: bytes
    error: str
    size: int
    changed: str


class Worker:
    """A worker's process, from its start on.

    All futures end with a `LoopbackError` when the process does.

    Attributes:
        wrapper: the class that a client must have for its model; there when jobs can run.
        spent: why it is not to run another job; else empty.

    """

    def __init__(self, command: Sequence[str]) -> None:
        self.wrapper: Future[str] = Future()
        self.spent = ""
        self._environment: Future[dict[str, Any]] = Future()
        self._end: Future[JobEnd] = Future()
        self._log: Callable[[str], None] = print
        self._lock, self._is_over = Lock(), False
        self._process = subprocess.Popen(  # noqa: S603 - the service's own
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()

    def run(self, blob: bytes, log: Callable[[str], None], **job: Any) -> Future[JobEnd]:
        """Let a job run; `log` gets each line that it prints, in a thread of its own."""
        with self._lock:
            self._end, self._log = Future(), log
            if self._is_over:
                self._end.set_exception(LoopbackError(self.spent))
        self._send(blob, kind="job", **job)
        return self._end

    def interrupt(self) -> None:
        """Stop the job that runs, if it can be stopped: then it comes to its end."""
        self._send(kind="interrupt")

    def environment(self) -> Future[dict[str, Any]]:
        """Ask for the versions of this installation, as nnsight tells them."""
        self._send(kind="environment")
        return self._environment

    def end(self) -> None:
        """End the process, and whatever its jobs have started."""
        if self._process.poll() is None:
            end_with_children(self._process.pid)
        self._listener.join()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(OSError):  # what could not be sent any more
                pipe.close()

    def _send(self, blob: bytes = b"", **header: Any) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):  # it has ended, and so will all futures
            send(self._process.stdin, blob, **header)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        reason = ""
        while message := receive(self._process.stdout):
            header, blob = message
            kind = header.pop("kind")
            if kind == "ready":
                self.wrapper.set_result(header["wrapper"])
            elif kind == "failed":
                reason = header["error"]
            elif kind == "environment" and not self._environment.done():
                self._environment.set_result(header["packages"])
            elif kind == "log":
                self._log(header["line"])
            elif kind == "end":
                self.spent = header.pop("spent")
                if not self._end.cancelled():
                    self._end.set_result(JobEnd(blob, **header))
        # The pipe may be closed before the process has ended, by a job that closes what it finds.
        self._process.kill()
        with self._lock:
            self._is_over = True
            self.spent = reason or how_it_ended(self._process.wait())
            for future in (self.wrapper, self._environment, self._end):
                if not future.done():
                    future.set_exception(LoopbackError(self.spent))


def how_it_ended(status: int) -> str:
    """Put an exit status into words."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"killed by signal {-status}, {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"
