"""The page that is being built, as what a chapter calls finds it.

A name that does not exist must stop the build with the chapter's file and line. But an exception in
a block would become text on the page. So what goes wrong is kept in
`ChapterPage.problems`, which whoever opened the page reads when the page is done.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import NamedTuple, ParamSpec, TypeVar

from nnsight_guide.base.errors import GuideError
from nnsight_guide.chapter.page_code import line_of, shown_snippets
from nnsight_guide.html.installing import Package
from nnsight_guide.idioms.idiom import Idiom
from nnsight_guide.idioms.outcomes import RecordedOutcome
from nnsight_guide.model.profiles import GPT_J, SECOND, Profile
from nnsight_guide.recording.real_cells import Real, RealCell
from nnsight_guide.recording.recordings import Recording

P = ParamSpec("P")
T = TypeVar("T")


class LookedUp(NamedTuple):
    """What a block has found in a file: the page is as it was while it would find the same."""

    path: Path
    find: Callable[[str], object]
    found: object

    def is_so(self) -> bool:
        """Whether the same is found there today."""
        try:
            return self.find(self.path.read_text(encoding="utf-8")) == self.found
        except (OSError, ValueError, GuideError):
            return False


@dataclass
class ChapterPage:
    """The page that is being built.

    Attributes:
        path: the chapter's file, relative to the project.
        source: its Markdown.
        base: the way from the page's URL to the root of the site, such as `../..`.
        profile: what the recordings were made with.
        recordings: the fresh recording of each snippet.
        committed: what the real model gave, of each snippet and cell that may be shown; nothing,
            if the profile is not the demo's.
        outcomes: each idiom, and what became of it.
        package: the guide's own package, as the site offers it.
        docs: the folder of the Markdown files.
        directory_urls: whether a page's address is a folder (`chapters/x/`) or a file.
        repository: the address of the repository that takes reports, if there is one.
        live_model: the way from the root of the site to the model that runs in its pages.
        shown: what the page shows so far, for its provenance.
        problems: what has gone wrong on it so far, a line each.
        n_tabs: how many sets of tabs it has so far.
        blocks: the lines of the blocks of Python that ran so far; 0, if that is not known.
        looked_up: what its blocks have found in other files so far.

    """

    path: str
    source: str
    base: str
    profile: Profile
    recordings: dict[str, Recording]
    committed: Real = field(default_factory=dict)
    outcomes: dict[str, tuple[Idiom, RecordedOutcome]] = field(default_factory=dict)
    package: Package = field(default_factory=Package)
    docs: Path = Path("docs")
    directory_urls: bool = True
    repository: str | None = None
    live_model: str = ""
    shown: list[Recording | RealCell | RecordedOutcome] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    n_tabs: int = 0
    blocks: list[int] = field(default_factory=list)
    looked_up: list[LookedUp] = field(default_factory=list)

    def way_to(self, source: str) -> str:
        """Return the link from here to the page that is made of this Markdown file."""
        name = source.removesuffix(".md")
        return f"{self.base}/{name}{'/' if self.directory_urls else '.html'}"

    def look_up(self, path: Path, find: Callable[[str], T]) -> T:
        """Return what `find` finds in the text of a file, and remember it."""
        found = find(path.read_text(encoding="utf-8"))
        self.looked_up.append(LookedUp(path, find, found))
        return found

    def snippets(self) -> set[str]:
        """Return the names of the snippets that the page shows, above and below alike."""
        return shown_snippets(self.source) & self.recordings.keys()

    def real_cell(self, snippet: str, name: str) -> RealCell | None:
        """Return what the real model gave for a cell, if that may be shown."""
        return self.committed.get(snippet, {}).get(name)

    def recorded_models(self) -> set[str]:
        """Return the models of the committed recordings of snippets that the page shows."""
        shown = [self.committed[name] for name in self.snippets() & self.committed.keys()]
        return {cell.provenance["model"] for cells in shown for cell in cells.values()}

    def show(self, snippet: str, name: str) -> None:
        """Remember that the outputs of a cell stand on the page, for its provenance."""
        for made in (self.real_cell(snippet, name), self.recordings[snippet]):
            if made is not None and made not in self.shown:
                self.shown.append(made)

    def is_real(self) -> bool:
        """Whether GPT-J-6B itself gave all outputs of the page, beside the demo model or alone."""
        sources = [real or self.recordings[snippet] for snippet, real in self._cells()]
        return bool(sources) and all(made.provenance["model"] == GPT_J for made in sources)

    def is_for_second_model(self) -> bool:
        """Whether what the page shows is for the second model."""
        made = [self.recordings[name].provenance for name in self.snippets()]
        return any(provenance["profile"] == SECOND for provenance in made)

    def is_complete(self) -> bool:
        """Whether the real model has given what there is of each snippet on the page."""
        return all(real is not None for _, real in self._cells())

    def _cells(self) -> Iterator[tuple[str, RealCell | None]]:
        for snippet in self.snippets():
            for name in self.recordings[snippet].cell_names():
                yield snippet, self.real_cell(snippet, name)


_page: ChapterPage | None = None


def open_page(page: ChapterPage) -> None:
    """Make `page` the one that the blocks to come stand on."""
    global _page
    _page = page


def current_page() -> ChapterPage:
    """Return the page that the block which is running stands on."""
    if _page is None:
        raise SystemExit(
            "this block runs only while the site is built: use `mkdocs build`, with the plugin "
            "nnsight-guide in mkdocs.yml"
        )
    return _page


def reported(function: Callable[P, str]) -> Callable[P, str]:
    """Turn a GuideError into a problem of the page, with the file and line of the call."""

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> str:
        page = current_page()
        try:
            return function(*args, **kwargs)
        except GuideError as error:
            words = tuple(arg for arg in args if isinstance(arg, str))
            page.problems.append(f"{page.path}, line {line_of(page.source, words)}: {error}")
            return ""

    return wrapped
