"""Edits under a tool's own server: from saving a file to its new page, answered over loopback."""

import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from benchmarks.shared import counts
from benchmarks.shared.counts import Counts
from benchmarks.shared.running import SECONDS, BenchmarkError, environment
from benchmarks.shared.tool import Tool

# Between two looks at the page, which each cost the server some milliseconds: a browser, which is
# told of a new page, does not slow down the build that it waits for. Every 0.02 s, they took 0.1 s.
POLL = 0.05
SETTLE = 1.0  # between edits, so that none meets the end of the build before
# Until an author has read the first page: by then a kernel that started with it is ready.
READING = 10.0
SHOWN = "</html>"  # on every page that is served, whoever made it


@dataclass(frozen=True)
class Edit:
    """What one edit took.

    Attributes:
        seconds: from saving the file to the new page.
        counts: what ran for it.

    """

    seconds: float
    counts: Counts


@dataclass(frozen=True)
class Server:
    """A tool's server, and the page that is looked at.

    Attributes:
        tool: whose project it serves.
        url: of the page.
        process: the server's own.
        log: what ran is written there.

    """

    tool: Tool
    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def timed(self, edit: Callable[[int], str], number: int) -> Edit:
        """Make an edit of the tool's, and wait until the page shows what it returns."""
        time.sleep(SETTLE)
        self.log.unlink(missing_ok=True)
        begin = time.perf_counter()
        self.wait_for(edit(number))
        seconds = round(time.perf_counter() - begin, 3)
        time.sleep(POLL)
        return Edit(seconds, counts.read(self.log, self.tool.model))

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
def served(tool: Tool, log: Path) -> Iterator[Server]:
    """Serve a tool's project on a free port; the page is there when the block begins."""
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
            server.wait_for(SHOWN)
            yield server
        finally:
            process.send_signal(signal.SIGINT)  # as Ctrl-C would, so it ends what it has started
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
