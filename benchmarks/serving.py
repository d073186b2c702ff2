"""Edits under a tool's own server: from saving a file to its new page, answered over loopback."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from benchmarks.running import SECONDS, BenchmarkError, Counts, environment, read, stop
from benchmarks.tool import Tool

POLL = 0.02
SETTLE = 1.0  # between edits, so that none meets the end of the build before


@dataclass(frozen=True)
class Edit:
    """What one edit took, and what ran for it."""

    seconds: float
    counts: Counts


@dataclass(frozen=True)
class Server:
    """A tool's server, and the page that is looked at."""

    tool: Tool
    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def edit_prose(self, number: int) -> Edit:
        """Edit prose, and wait for the page."""
        words = f"Edit {number} of the prose."
        return self._timed(lambda: self.tool.edit_prose(words), lambda: words)

    def edit_code(self, number: int) -> Edit:
        """Edit a cell, and wait for the page with its new output."""
        shown: list[str] = []
        return self._timed(lambda: shown.append(self.tool.edit_code(number)), lambda: shown[0])

    def _timed(self, save: Callable[[], None], words: Callable[[], str]) -> Edit:
        time.sleep(SETTLE)
        self.log.unlink(missing_ok=True)
        begin = time.perf_counter()
        save()
        self.wait_for(words())
        seconds = round(time.perf_counter() - begin, 3)
        time.sleep(POLL)
        return Edit(seconds, read(self.log, self.tool))

    def wait_for(self, words: str) -> None:
        """Ask for the page again and again until it holds these words."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise BenchmarkError(f"{self.tool.name}: its server has ended")
            try:
                with urllib.request.urlopen(self.url, timeout=SECONDS) as answer:  # noqa: S310
                    if words in answer.read().decode():
                        return
            except (OSError, HTTPException):  # it is just being written
                pass
            time.sleep(POLL)
        raise BenchmarkError(f"{self.tool.name}: {words!r} has not come up within {SECONDS} s")


@contextmanager
def served(tool: Tool, log: Path, first: str) -> Iterator[Server]:
    """Serve a tool's project on a free port; the page is there once it holds the `first` words."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with log.with_name("served.txt").open("w") as said:
        process = subprocess.Popen(  # noqa: S603 - the command is our own
            tool.serve(port),
            cwd=tool.root,
            env=environment(tool, log),
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            server = Server(tool, f"http://127.0.0.1:{port}/{tool.page}", process, log)
            server.wait_for(first)
            yield server
        finally:
            stop(process)
