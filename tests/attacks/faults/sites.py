"""Sites whose builds can be found again, with every process that they have started."""

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from nnsight_guide.base.project import Project
from nnsight_guide.base.scratch import PREFIX
from tests.support.pages import contents
from tests.support.sites import IDIOM, REMOTE_TRACE, block, make_project, make_site, trace_remotely

MARK = "GUIDE_TEST_SITE"
MAKE_SITE = ("-m", "nnsight_guide", "build")
SECONDS_TO_END = 10  # for a process whose parent was killed; one or two are usual
REMOTE = REMOTE_TRACE.replace("# %% ask", '# %% ask tags=["remote"]')


@dataclass(frozen=True)
class Site:
    """A site, and a folder that its builds take for the system's folder of temporary files."""

    root: Path
    temporary: Path

    @property
    def project(self) -> Project:
        return Project(self.root)

    @property
    def recordings(self) -> Path:
        return self.project.cache / "recordings" / "demo"

    @property
    def pages(self) -> Path:
        return self.root / "site"

    def start(
        self, *arguments: str, program: Sequence[str] = MAKE_SITE, log: str = "build.log"
    ) -> subprocess.Popen[bytes]:
        """Start a program of Python's; what it says goes into a file."""
        sources = self.root / "src"
        own = {"PYTHONPATH": str(sources)} if sources.is_dir() else {}
        with self._log(log).open("wb") as said:
            return subprocess.Popen(
                [sys.executable, *program, *arguments],
                cwd=self.root,
                env={**os.environ, **own, "TMPDIR": str(self.temporary), MARK: str(self.root)},
                stdout=said,
                stderr=subprocess.STDOUT,
            )

    def build(self) -> float:
        """Build in full, and return the seconds that it took."""
        begin = time.monotonic()
        status = self.start().wait(300)
        assert status == 0, self.said()
        return time.monotonic() - begin

    def said(self, log: str = "build.log") -> str:
        return self._log(log).read_text(encoding="utf-8", errors="replace")

    def _log(self, name: str) -> Path:
        return self.root.with_name(f"{self.root.name}.{name}")

    def contents(self) -> dict[str, bytes]:
        return contents(self.pages)

    def processes(self) -> list[psutil.Process]:
        """Return every living process that builds of this site have started, however deep."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get(MARK) == str(self.root):
                    found.append(process)
        return found

    def orphans(self, known: Iterable[psutil.Process] = ()) -> list[str]:
        """Return the processes that are still there some seconds after all builds have ended.

        Those that are `known` from before are waited for too, as whoever adopts them has to.
        """
        _, alive = psutil.wait_procs({*known, *self.processes()}, timeout=SECONDS_TO_END)
        return [" ".join(process.cmdline()) for process in alive]

    def scratch(self) -> list[Path]:
        """Return the folders that were lent to a process and have not been removed."""
        return [
            Path(folder) / name
            for place in (self.temporary, self.project.cache)
            for folder, folders, _ in os.walk(place)  # from which others may just now remove some
            for name in folders
            if name.startswith(PREFIX)
        ]

    def cached(self) -> list[Path]:
        """Return the files that a build reads from the cache, where it finds them."""
        found = []
        for folder, folders, names in os.walk(self.project.cache):
            folders[:] = [name for name in folders if not name.startswith(PREFIX)]
            found += [Path(folder) / name for name in names if name.endswith((".json", ".ipynb"))]
        return found


def make_small_site(folder: Path) -> Site:
    """Write a site with one of everything that a build runs."""
    folder.mkdir()
    project = trace_remotely(make_project(folder))
    (project.snippets / "third.py").write_text(REMOTE)
    (project.snippets / "from_2024").mkdir()
    (project.snippets / "from_2024" / "same.py").write_text(IDIOM)
    chapters = {
        f"chapters/{name}.md": f"# {name}\n\n" + block("setup()", f'cell("{name}", "ask")')
        for name in ("first", "second", "third")
    }
    home = "# Home\n\n" + block('idioms_table("same")')
    make_site(
        project,
        {"index.md": home, **chapters},
        watch=["snippets"],
        plugins=[
            *("search", "nnsight-guide", "markdown-exec"),
            {"mkdocs-jupyter": {"include": ["*.ipynb"], "execute": False}},
        ],
    )
    return site_at(folder)


def site_at(folder: Path) -> Site:
    """Return the site that lies in a folder; its builds get a folder for temporary files beside."""
    temporary = folder.with_name(f"{folder.name}.tmp")
    temporary.mkdir(exist_ok=True)
    return Site(folder, temporary)
