"""The preview, `make serve`: where it is served, and what an author sees while a build is broken.

By itself MkDocs empties the site before it builds. So a build that breaks leaves nothing to show,
and lets every request wait for the next one. Here each build has a folder of its own. What is
served is the last one that went well, and each of its pages says what is wrong with the newer.
"""

from __future__ import annotations

import errno
import itertools
import logging
import os
import socket
import sys
import threading
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnsight_guide.base import redaction
from nnsight_guide.base.errors import GuideError, long_story, one_line
from nnsight_guide.site.copies import Copies
from nnsight_guide.site.leftovers import Leftovers

if TYPE_CHECKING:  # it takes a second, and a port that is taken is told at once
    from jinja2 import Environment
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.livereload import LiveReloadServer
    from mkdocs.structure.files import Files

    from nnsight_guide.site.page_memory import PageMemory

log = logging.getLogger("mkdocs.plugins.nnsight_guide")

PORT = 8000
PORTS = range(1, 65536)
SECONDS_BETWEEN_LOOKS = 0.1  # each takes 6 ms
SECONDS_TO_WAIT = 0.005  # for more: what one look finds comes at once
WARM = "GUIDE_WARM"  # the switch for a kernel that is there before a snippet is edited
MORE = " (and {} more: see the terminal)"
OVERLAY = """\
<style>
#guide-broken {{
  background: #7a1f17; border-radius: .4rem; bottom: 1rem; box-shadow: 0 .2rem 1rem #0006;
  box-sizing: border-box; color: #fff; font: 14px/1.5 system-ui, sans-serif; left: 50%;
  max-height: 40vh; overflow: auto; overflow-wrap: anywhere; padding: .8rem 1.2rem;
  position: fixed; translate: -50%; width: min(44rem, 100vw - 2rem); z-index: 9
}}
#guide-broken p {{ margin: 0 }}
#guide-broken code {{ font: 13px/1.5 ui-monospace, monospace }}
@media print {{ #guide-broken {{ display: none }} }}
</style>
<div id="guide-broken" role="alert"><p><code>{}</code></p>
<p>This page is from the last build that went well.</p></div>
"""


def port_number(text: str) -> int:
    """Return the number of a port.

    Raises:
        GuideError: the text is none.

    """
    if text.isascii() and text.isdecimal() and int(text) in PORTS:
        return int(text)
    raise GuideError(
        f"PORT is '{text}': set it to a number from {PORTS[0]} to {PORTS[-1]}, such as {PORT + 1}"
    )


def require_free(host: str, port: int) -> None:
    """Check that the preview can be served there, before anything runs.

    Raises:
        GuideError: it cannot; the nearest port where it can is named.

    """
    if reason := _refused(host, port):
        others = range(max(port + 1, PORT), PORTS.stop)
        free = next((other for other in others if not _refused(host, other)), PORT)
        raise GuideError(
            f"cannot serve on {host}:{port} ({reason}): take another port with "
            f"`make serve PORT={free}`"
        )


def _refused(host: str, port: int) -> str:
    """Return why nobody can serve there, or "" if that is possible."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if os.name == "posix":  # as MkDocs does: else a port is taken for a minute after its use
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def look_often(server: LiveReloadServer, config: MkDocsConfig) -> None:
    """Let MkDocs look for edits every tenth of a second, and not only every half.

    To be told of them by the system is no way: it tells of none in folders of another machine.
    Nobody looks while a build goes on, which took a fifth longer: the next has to wait for it.
    """
    from watchdog.observers.polling import PollingObserverVFS

    watched = [path for path in (config.docs_dir, config.config_file_path) if path]
    roots = {str(Path(path).absolute()) for path in (*watched, *config.watch)}

    is_idle, build = threading.Event(), server.builder
    is_idle.set()

    def build_unseen(*arguments: Any) -> None:
        is_idle.clear()
        try:
            build(*arguments)
        finally:
            is_idle.set()

    def stat(path: str) -> os.stat_result:
        is_idle.wait()
        try:
            return os.stat(path)  # noqa: PTH116 - what watchdog calls by itself
        except FileNotFoundError as error:
            if path not in roots:
                raise
            # It may only be on its way, as an editor saves, or git restores it. watchdog would
            # never look there again, but for an error that may pass.
            raise OSError(errno.EAGAIN, error.strerror) from None

    server.builder = build_unseen
    for path in watched:
        server.unwatch(path)
    server.observer = PollingObserverVFS(  # type: ignore[assignment]
        stat, os.scandir, polling_interval=SECONDS_BETWEEN_LOOKS
    )
    for path in watched:
        server.watch(path)
    server.build_delay = SECONDS_TO_WAIT


class Preview:
    """What is served, and what is wrong with what came after it."""

    def __init__(self, memory: PageMemory) -> None:
        """Begin with nothing built; `memory` keeps what a build has rendered that goes well."""
        self.memory = memory
        self.copies = Copies()
        self.broken = ""  # the line that says why the newest build broke, if it did
        self.served = ""  # the folder of the last one that went well, once there is one
        self._sites: list[str] = []  # the folder of each build that may be there
        self._numbers = itertools.count()
        self._leftovers = Leftovers()

    def folder(self, site: str) -> str:
        """Return a new folder, in the one of the whole preview, for the build that begins."""
        self._sites.append(str(Path(site, str(next(self._numbers)))))
        return self._sites[-1]

    def share(self, environment: Environment, config: MkDocsConfig, files: Files) -> Environment:
        """Let the build that goes on make only what is not as it was."""
        self.copies.share(files)
        return self.memory.share(environment, config, files)

    def attach(self, server: LiveReloadServer) -> None:
        """Let the server show what was built; from now on no build that breaks takes that away."""
        from nnsight_guide.site.config_memory import remember_configuration

        remember_configuration()
        build = server.builder
        inject: Any = server._inject_js_into_html
        self._take_over(server)

        def build_or_tell(*arguments: Any) -> None:
            self._leftovers.be_done()
            said = _Said()
            with said:
                try:
                    build(*arguments)
                except (Exception, SystemExit) as error:
                    self.broken = said.why(error)
                    self.memory.forget_new()  # MkDocs then loads the pages again that are open
                else:
                    self._take_over(server)
            old = [site for site in self._sites if site != self.served]
            self._sites = [self.served]
            self._leftovers.put_away_soon(old)

        server.builder = build_or_tell
        server._inject_js_into_html = (  # type: ignore[method-assign]
            lambda html, epoch: inject(html + self._overlay(), epoch)
        )
        server.error_handler = self._error_page

    def close(self) -> None:
        """Let nothing go on in the folder of the preview, which MkDocs then removes."""
        self._leftovers.be_done()

    def _take_over(self, server: LiveReloadServer) -> None:
        self.broken = ""
        self.memory.keep()
        self.copies.keep()
        server.root = self.served = self._sites[-1]

    def _overlay(self) -> bytes:
        return OVERLAY.format(escape(self.broken)).encode() if self.broken else b""

    def _error_page(self, code: int) -> bytes | None:
        page = Path(self.served, f"{code}.html")
        return page.read_bytes() + self._overlay() if page.is_file() else None


class _Said(logging.Handler):
    """What a build says of what is wrong, as long as it is entered."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._lines: dict[int, list[str]] = {logging.WARNING: [], logging.ERROR: []}

    def emit(self, record: logging.LogRecord) -> None:
        level = logging.ERROR if record.levelno >= logging.ERROR else logging.WARNING
        lines = record.getMessage().splitlines()
        # MkDocs announces what comes: "Error reading page 'x.md':".
        self._lines[level] += [line for line in lines if not line.endswith(":")]

    def __enter__(self) -> None:
        logging.getLogger("mkdocs").addHandler(self)

    def __exit__(self, *_: object) -> None:
        logging.getLogger("mkdocs").removeHandler(self)

    def why(self, error: BaseException) -> str:
        """Return the line that says why a build broke; what nobody has said yet is said now."""
        lines = self._lines[logging.ERROR] or self._lines[logging.WARNING] or _tell(error)
        more = MORE.format(len(lines) - 1) if len(lines) > 1 else ""
        return redaction.without_keys(one_line(lines[0])) + more


def _tell(error: BaseException) -> list[str]:
    """Say in the terminal what nobody has foreseen, with all that led to it; return its lines."""
    from mkdocs.exceptions import MkDocsException

    if not isinstance(error, MkDocsException):
        print(redaction.without_keys(long_story(error)), file=sys.stderr)
    line = redaction.without_keys(one_line(str(error) or type(error).__name__))
    log.error("%s", line)
    return [line]
