"""`mkdocs serve` of a site, as an author's browser sees it."""

import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from tests.attacks.faults.sites import Site

SECONDS = 120
LOG = "serve.log"
# To wait until the preview looks for edits is no part of any test.
EAGER = """
from nnsight_guide.site import preview
preview.SECONDS_BETWEEN_LOOKS = 0.05
from mkdocs.__main__ import cli
cli()
"""


@dataclass(frozen=True)
class Server:
    """A running `mkdocs serve`."""

    site: Site
    url: str
    process: subprocess.Popen[bytes]

    def wait_for(self, words: str, page: str) -> None:
        """Ask for a page until it holds the words."""
        end = time.monotonic() + SECONDS
        while words not in self._read(page):
            assert self.process.poll() is None, self.site.said(LOG)
            assert time.monotonic() < end, f"no {words!r} on {page}: {self.site.said(LOG)}"
            time.sleep(0.01)

    def kernels(self) -> list[psutil.Process]:
        """Return the kernels that run for this site."""
        return [p for p in self.site.processes() if "ipykernel_launcher" in p.cmdline()]

    def _read(self, page: str) -> str:
        try:
            with urllib.request.urlopen(f"{self.url}/{page}/", timeout=SECONDS) as answer:
                return str(answer.read().decode())
        except OSError:
            return ""


@contextmanager
def served(site: Site) -> Iterator[Server]:
    """Serve a site on a free port; Ctrl-C ends it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"127.0.0.1:{port}"
    process = site.start("serve", "--dev-addr", address, program=("-c", EAGER), log=LOG)
    try:
        yield Server(site, f"http://{address}", process)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0, site.said(LOG)
    finally:
        process.kill()
        process.wait()
