"""The process that runs jobs: the service starts it, and a new one once a job has ended it.

The service has its hands on the other ends of two pipes. It sends jobs, and "interrupt"; back come
"ready", the lines that a job prints, and its end. When the service ends, so does this.
"""

import faulthandler
import os
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any, BinaryIO, Protocol

from nnsight_guide.loopback.children import adopt_orphans, end_children
from nnsight_guide.loopback.messages import receive, send
from nnsight_guide.loopback.running import SERVICE_THREAD, Interrupted, JobResult, Running


class Executor(Protocol):
    """What runs jobs here; it is the model's in earnest, and a test's own in tests."""

    @property
    def wrapper(self) -> str:
        """The class that a client must have for its model."""

    def recover(self) -> JobResult:
        """Put everything in order after a job that was interrupted."""

    def run(self, job: dict[str, Any], blob: bytes, log: Callable[[str], None]) -> JobResult:
        """Run a job, and pass the lines that it prints to `log`."""

    def environment(self) -> dict[str, Any]:
        """Return the versions of this installation."""


class Answers:
    """The way back to the service, which a thread of its own writes to.

    A job can be interrupted anywhere: written by its own thread, half a message might arrive.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._waiting: SimpleQueue[tuple[bytes, dict[str, Any], threading.Event]] = SimpleQueue()
        threading.Thread(target=self._write, name=SERVICE_THREAD, daemon=True).start()

    def tell(self, kind: str, blob: bytes = b"", **header: Any) -> None:
        """Send a message, and come back once it is on its way: what comes next may be the end."""
        is_sent = threading.Event()
        self._waiting.put((blob, {"kind": kind, **header}, is_sent))
        is_sent.wait()

    def _write(self) -> None:
        while True:
            blob, header, is_sent = self._waiting.get()
            try:
                send(self._file, blob, **header)
            except OSError:
                os._exit(1)  # nobody is there any more
            is_sent.set()


def run_jobs(load: Callable[[], Executor]) -> int:
    """Load, and run what standard input brings until it ends.

    Returns:
        1, if `load` fails; the service is told why.

    """
    # A job reads and writes neither pipe, nor does what it starts: they get the log, and nothing.
    commands, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if hasattr(os, "register_at_fork"):
        # A job that forks comes to its end twice, and only one of them is this process's.
        os.register_at_fork(after_in_child=partial(_forked, answers.fileno()))
    faulthandler.enable()
    adopt_orphans()
    tell = Answers(answers).tell
    try:
        executor = load()
    except Exception as error:
        tell("failed", error=f"{type(error).__name__}: {' '.join(str(error).split())}")
        return 1
    tell("ready", wrapper=executor.wrapper)
    running: Running[JobResult] | None = None
    while message := receive(commands):
        header, blob = message
        kind = header.pop("kind")
        if kind == "job":
            job = partial(_run, executor, header, blob, lambda line: tell("log", line=line))
            running = Running(job, partial(_end, executor, tell))
        elif kind == "interrupt" and running:
            running.interrupt()
        elif kind == "environment":
            answer = partial(_tell_environment, executor, tell)
            threading.Thread(target=answer, name=SERVICE_THREAD, daemon=True).start()
    end_children()
    os._exit(0)  # a job in the middle of a computation cannot be asked to stop


def _run(
    executor: Executor, job: dict[str, Any], blob: bytes, log: Callable[[str], None]
) -> JobResult:
    try:
        return executor.run(job, blob, log)
    except Exception as error:  # the service's own fault
        text = f"The loopback service failed: {type(error).__name__}: {error}"
        return JobResult(error=text, spent="it failed by a fault of the service's")


def _end(executor: Executor, tell: Callable[..., None], result: JobResult | Interrupted) -> None:
    try:
        end_children()
        result = executor.recover() if isinstance(result, Interrupted) else result
        header = asdict(result)
        tell("end", header.pop("data"), **header)
    except BaseException:
        traceback.print_exc()
        os._exit(1)  # the service waits for an end, and this is one, too


def _tell_environment(executor: Executor, tell: Callable[..., None]) -> None:
    tell("environment", packages=executor.environment())


def _forked(descriptor: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def main() -> int:
    """Run jobs on the checkpoint that the command line names."""

    def load() -> Executor:
        from nnsight_guide.loopback.executor import ModelExecutor

        return ModelExecutor(Path(sys.argv[1]))

    return run_jobs(load)


if __name__ == "__main__":
    sys.exit(main())
