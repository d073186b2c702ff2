"""A small site that shows one snippet at a time, and what becomes of it when the snippet changes.

A page of it is made of the same blocks as a chapter, and built by the same means: mkdocs, the
plugin, its kernel, markdown-exec. There is only less of it, so that a build takes half a second.
"""

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Literal

from nnsight_guide.base.project import Project
from nnsight_guide.idioms.idiom import CELLS
from nnsight_guide.recording.cells import is_for_second_model, is_remote
from nnsight_guide.recording.imports import project_imports
from tests.attacks.truth.mutants import cells
from tests.attacks.truth.oracle import Truth
from tests.attacks.truth.shown import Shown, lines, on_page
from tests.attacks.truth.workers import Worker
from tests.support.sites import MATERIAL, copy_checkout, make_site

PAGE = """\
# One snippet

```python exec="1" html="1"
from nnsight_guide.chapter import cell
{calls}
```
"""
MODULES = {
    "build": ("builder",),
    "here": ("copies", "model"),
    "remote": ("copies", "model"),
    "second": ("copies", "second_model"),
}
# Where one sees the effect of a snippet that prints nothing.
SEEN_IN = {"model": "model_config", "second_model": "another_architecture"}
# Python 3.11 counts together how deep all threads are in what they parse.
ONE_PARSES = Lock()
ONE_LINE = re.compile(r"(snippets/|docs/|the model did not load: |The demo model cannot be ).*")


@dataclass(frozen=True)
class Tried:
    """What became of a source: what the build said against it, its page, and what a run gives."""

    errors: list[str]
    page: Shown
    truth: Shown
    failed: str  # which cell did, in the run, and with what

    @property
    def fate(self) -> Literal["shown", "refused", "survived"]:
        """What became of it.

        It is shown if the page has this very source, and all that a run of it gives; refused, if
        the build stopped with a line that says where, and where the run failed, too. If it did
        neither, a page says what is not so.
        """
        first = self.errors[0] if self.errors else ""
        if not self.errors and not self.failed and self.page == self.truth:
            return "shown"
        return "refused" if ONE_LINE.fullmatch(first) and self.failed in first else "survived"


class SmallSite:
    """A copy of the checkout with a page for one snippet, and the processes that build and run."""

    def __init__(
        self, checkout: Path, root: Path, environments: Mapping[str, Mapping[str, str]]
    ) -> None:
        """Copy `checkout` to `root`; each process has an environment, by the names in `MODULES`."""
        copy_checkout(root, checkout, without=("docs",))
        for name in (*CELLS, "recordings"):
            shutil.rmtree(root / "snippets" / name, ignore_errors=True)
        make_site(Project(root), {}, theme=MATERIAL)
        (root / "docs").mkdir()
        self.root, self.originals = root, checkout
        self.page = root / "site" / "index.html"
        self._environments = environments
        self._workers: dict[str, Worker] = {}

    def take_up(self, snippet: str) -> None:
        """Be about this snippet: no other is there but those that it needs."""
        self.snippet = snippet
        self.shown = list(dict.fromkeys([snippet, SEEN_IN.get(snippet, snippet)]))
        folder = self.originals / "snippets"
        sources = [folder / f"{name}.py" for name in self.shown]
        with ONE_PARSES:
            imported = [file for path in sources for file in project_imports(path, self.originals)]
        for path in (self.root / "snippets").glob("*.py"):
            path.unlink()
        for path in {*sources, *imported}:
            if path.parent == folder:
                shutil.copy(path, self.root / "snippets")
        calls = [
            f'print(cell("{path.stem}", "{cell.name}"))'
            for path in sources
            for cell in cells(path.read_text())
        ]
        (self.root / "docs" / "index.md").write_text(PAGE.format(calls="\n".join(calls)))
        self._place = "remote" if is_remote(sources[0]) else "here"
        self._tester = "here"
        if is_for_second_model(sources[0]):
            self._place = self._tester = "second"
        for name in ("build", self._tester, self._place):
            self._worker(name)  # starts it, while no file has been changed

    def write(self, text: str) -> None:
        """Put a text in the place of the snippet."""
        self._path(self.snippet).write_text(text)

    def attempt(self) -> Tried:
        """Build, and run without a build what is to be shown."""
        errors = self.build()
        page = {} if errors else on_page(self.page)
        truth: Shown = {}
        for name in self.shown:
            told = Truth(**self._worker(self._place).ask("shown", name))
            if told.failed:
                return Tried(errors, page, truth, told.failed)
            for cell in cells(self._path(name).read_text()):
                truth[name, cell.name] = cell.code, lines(told.shown[cell.name])
        return Tried(errors, page, truth, "")

    def build(self) -> list[str]:
        """Build, and return what is said against it."""
        return self._worker("build").ask()

    def failing_test(self) -> str:
        """Return which of the snippet's tests fails first, or ""."""
        return self._worker(self._tester).ask("tests", self.shown[-1])

    @contextmanager
    def under(self, **environment: str) -> Iterator[None]:
        """Build in another environment for a while."""
        usual = self._worker("build")
        build = {**self._environments["build"], **environment}
        self._workers["build"] = Worker(MODULES["build"], self.root, build)
        try:
            yield
        finally:
            self._workers["build"].end()
            self._workers["build"] = usual

    def end(self) -> None:
        for worker in self._workers.values():
            worker.end()

    def _worker(self, name: str) -> Worker:
        if name not in self._workers:
            environment = self._environments[name]
            self._workers[name] = Worker(MODULES[name], self.root, environment)
        return self._workers[name]

    def _path(self, name: str) -> Path:
        return self.root / "snippets" / f"{name}.py"
