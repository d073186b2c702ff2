"""A process that has loaded a model; each question is answered by a copy of it.

Its argument is the module of `snippets` that loads the model.

`["shown", "trace_and_save"]` asks what this snippet shows; `["tests", "trace_and_save"]` asks which
of its tests fails first. Snippets and tests are those of the current folder.

Importing torch, nnsight and transformers takes longer than a snippet or its tests do. Copies of
this process are safe, as it has no threads: torch is held to one.
"""

import gc
import importlib
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

# What somebody wants of pytest is for the run that asks, and not for those in here.
os.environ.pop("PYTEST_ADDOPTS", None)


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


def answer(question: list[str], setup: str, loaded: bytes, to: Connection) -> None:
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # where answers are awaited
    if source_of(setup) != loaded:
        del sys.modules[f"snippets.{setup}"]
    kind, snippet = question
    to.send({"shown": shown, "tests": tests}[kind](snippet))
    os._exit(0)  # whatever still runs in it: a loop without an end has a thread of its own


def source_of(setup: str) -> bytes:
    return Path(f"snippets/{setup}.py").read_bytes()


def main(setup: str) -> None:
    """Load the model, say so, and answer."""
    torch.set_num_threads(1)
    tqdm.monitor_interval = 0  # it has a thread even for bars that are not shown
    module = importlib.import_module(f"snippets.{setup}")
    if not getattr(module, "REMOTE", False):
        module.model.dispatch()
    loaded = source_of(setup)
    for thread in {*threading.enumerate()} - {threading.main_thread()}:
        thread.join(timeout=10)  # those that have loaded the weights
    assert threading.active_count() == 1, threading.enumerate()
    gc.freeze()  # so that a copy does not look through all of it again when it collects
    fork = multiprocessing.get_context("fork")
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        receiver, sender = fork.Pipe(duplex=False)
        copy = fork.Process(target=answer, args=(json.loads(line), setup, loaded, sender))
        copy.start()
        sender.close()  # so that a copy that dies ends the wait
        print(json.dumps(receiver.recv()), flush=True)
        copy.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
