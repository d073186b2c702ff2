"""A process that has loaded the model; each question is answered by a copy of it.

`["shown", "trace_and_save"]` asks what this snippet shows; `["tests", "trace_and_save"]` asks which
of its tests fails first. Snippets and tests are those of the current folder.

Importing torch, nnsight and transformers takes longer than a snippet or its tests do. Copies of
this process are safe, as it has no threads: torch is held to one.
"""

import gc
import json
import multiprocessing
import os
import sys
import threading
from dataclasses import asdict
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
import torch
from tqdm import tqdm

import nnsight_guide.loopback
import nnsight_guide.run.runner  # noqa: F401 - imported once, for all copies
from tests.attacks.truth import oracle

MODEL = Path("snippets/model.py")


class First:
    """Keeps the first test of a run of pytest that fails, or the file that cannot be imported."""

    failed = ""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        # What starts processes of its own comes last: that takes seconds.
        items.sort(
            key=lambda item: (
                "remote" in item.fixturenames or "subprocess" in item.function.__code__.co_names
            )
        )

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._take(report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._take(report)

    def _take(self, report: pytest.CollectReport | pytest.TestReport) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid


def shown(snippet: str) -> Any:
    return asdict(oracle.shown_by(Path(f"snippets/{snippet}.py")))


def tests(snippet: str) -> str:
    first = First()
    arguments = [f"tests/snippets/test_{snippet}.py", "-x", "-p", "no:cacheprovider"]
    code = pytest.main(arguments, [first])
    assert (code == 0) == (first.failed == ""), f"pytest ended with {code}"
    return first.failed


def answer(question: list[str], loaded: bytes, to: Connection) -> None:
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # where answers are awaited
    if MODEL.read_bytes() != loaded:
        del sys.modules["snippets.model"]
    kind, snippet = question
    to.send({"shown": shown, "tests": tests}[kind](snippet))
    os._exit(0)  # whatever still runs in it: a loop without an end has a thread of its own


def main() -> None:
    """Load the model, say so, and answer."""
    torch.set_num_threads(1)
    tqdm.monitor_interval = 0  # it has a thread even for bars that are not shown
    from snippets.model import REMOTE, model

    if not REMOTE:
        model.dispatch()
    loaded = MODEL.read_bytes()
    for thread in {*threading.enumerate()} - {threading.main_thread()}:
        thread.join(timeout=10)  # those that have loaded the weights
    assert threading.active_count() == 1, threading.enumerate()
    gc.freeze()  # so that a copy does not look through all of it again when it collects
    fork = multiprocessing.get_context("fork")
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        receiver, sender = fork.Pipe(duplex=False)
        copy = fork.Process(target=answer, args=(json.loads(line), loaded, sender))
        copy.start()
        sender.close()  # so that a copy that dies ends the wait
        print(json.dumps(receiver.recv()), flush=True)
        copy.join()


if __name__ == "__main__":
    main()
