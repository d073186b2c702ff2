"""What a chapter calls, inside a block of markdown-exec.

    ```python exec="1" html="1"
    from nnsight_guide.chapter import cell
    print(cell("trace_and_save", "trace"))
    ```

A name that does not exist must stop the build with the chapter's file and line. markdown-exec
turns exceptions into text on the page, so what goes wrong is kept in `Page.problems`, which
whoever opened the page reads when the page is done.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

from nnsight_guide import cards, figure, migration, notes, render, tabs
from nnsight_guide.errors import GuideError
from nnsight_guide.idioms import Idiom
from nnsight_guide.outcomes import RecordedOutcome
from nnsight_guide.profiles import GPT_J, Profile
from nnsight_guide.project import did_you_mean
from nnsight_guide.published import published_html
from nnsight_guide.recordings import Recording

P = ParamSpec("P")
DEMO_PAGE = "demo-model.md"
CALL = re.compile(r"""\b(?:cell|output|fragment|picture)\(\s*["'](\w+)["']""")


@dataclass
class Page:
    """The page that is being built.

    Args:
        path: the chapter's file, relative to the project.
        source: its Markdown.
        base: the way from the page's URL to the root of the site, such as `../..`.
        profile: what the recordings were made with.
        recordings: the fresh recording of each snippet.
        committed: the fresh committed recording of each snippet that has one; none, if the
            profile is not the demo's.
        outcomes: each idiom of 2024, and what became of it.
        docs: the folder of the Markdown files.
        directory_urls: whether a page's address is a folder (`chapters/x/`) or a file.

    """

    path: str
    source: str
    base: str
    profile: Profile
    recordings: dict[str, Recording]
    committed: dict[str, Recording] = field(default_factory=dict)
    outcomes: dict[str, tuple[Idiom, RecordedOutcome]] = field(default_factory=dict)
    docs: Path = Path("docs")
    directory_urls: bool = True
    shown: list[Recording | RecordedOutcome] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    n_tabs: int = 0

    def line_of(self, words: tuple[str, ...]) -> int:
        """Return the line (from 1) of the first call with these words as its arguments."""
        pattern = r"\(\s*" + r"\s*,\s*".join(f"""["']{re.escape(word)}["']""" for word in words)
        found = re.search(pattern, self.source)
        return self.source.count("\n", 0, found.start()) + 1 if found else 1

    def way_to(self, source: str) -> str:
        """Return the link from here to the page that is made of this Markdown file."""
        name = source.removesuffix(".md")
        return f"{self.base}/{name}{'/' if self.directory_urls else '.html'}"

    def snippets(self) -> set[str]:
        """Return the names of the snippets that the page shows, above and below alike."""
        return set(CALL.findall(self.source)) & self.recordings.keys()

    def recorded_models(self) -> set[str]:
        """Return the models of the committed recordings that the page shows."""
        shown = self.snippets() & self.committed.keys()
        return {self.committed[name].provenance["model"] for name in shown}

    def is_real(self) -> bool:
        """Whether GPT-J-6B itself gave all outputs of the page, beside the demo model or alone."""
        sources = [self.committed.get(name, self.recordings[name]) for name in self.snippets()]
        return bool(sources) and all(made.provenance["model"] == GPT_J for made in sources)


_page: Page | None = None


def open_page(page: Page) -> None:
    """Make `page` the one that the blocks to come stand on."""
    global _page
    _page = page


def _current() -> Page:
    if _page is None:
        raise SystemExit("this block runs only while the site is built: use `mkdocs build`")
    return _page


def _reported(function: Callable[P, str]) -> Callable[P, str]:
    """Turn a GuideError into a problem of the page, with the file and line of the call."""

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> str:
        page = _current()
        try:
            return function(*args, **kwargs)
        except GuideError as error:
            words = tuple(arg for arg in args if isinstance(arg, str))
            page.problems.append(f"{page.path}, line {page.line_of(words)}: {error}")
            return ""

    return wrapped


@_reported
def cell(snippet: str, name: str, *, fold: str = "", output: bool = True) -> str:
    """Return a cell of a snippet with its recorded output, as HTML.

    With `fold`, the output is folded away under that summary; with `output=False` it is left
    out, for a page that shows it elsewhere.
    """
    recorded, data = _recorded_cell(snippet, name)
    if "raises-exception" in recorded["metadata"].get("tags", []):
        data["raises"] = ""
    return render.cell_html(
        recorded["source"],
        recorded["outputs"] if output else [],
        data={"snippet": snippet, **data},
        title=f"snippets/{snippet}.py",
        href=f"{_current().base}/downloads/{snippet}.py",
        fold=fold,
        tabs=_tabs(snippet, name, fold) if output else "",
    )


@_reported
def output(snippet: str, name: str) -> str:
    """Return only what a cell printed or drew, as HTML: what a reader's own code should give."""
    recorded, data = _recorded_cell(snippet, name)
    data = {"output-of": snippet, **data}
    if both := _tabs(snippet, name):
        return f"<div{render.attributes(data)}>{both}</div>"
    return render.output_html(render.shown_html(recorded["outputs"]), data=data)


@_reported
def fragment(snippet: str, name: str) -> str:
    """Return a cell that needs more than the chapter's set-up (the guide's own package), as HTML.

    It ran like every other, but is not part of what one copies from the chapter to run it.
    """
    recorded, data = _recorded_cell(snippet, name)
    return render.cell_html(
        recorded["source"],
        recorded["outputs"],
        data={"fragment-of": snippet, **data},
        title=f"snippets/{snippet}.py",
        href=f"{_current().base}/downloads/{snippet}.py",
        copy=False,
        tabs=_tabs(snippet, name),
    )


@_reported
def picture(snippet: str, name: str) -> str:
    """Return only the still picture of what a cell drew: a figure that needs no script."""
    _recorded_cell(snippet, name)
    page = _current()
    recording = page.committed.get(snippet, page.recordings[snippet])
    recorded = recording.cell(name)
    drawings = [
        output["data"][figure.MIME]
        for output in (recorded["outputs"] if recorded else [])
        if figure.MIME in output.get("data", {})
    ]
    if not drawings:
        raise GuideError(f"cell '{name}' of snippets/{snippet}.py draws nothing")
    return "".join(map(figure.still_html, drawings))


@_reported
def chapter_cards(*sources: str) -> str:
    """Return a card for each of these chapters: what it is called, takes and promises."""
    page = _current()
    found = []
    for source in sources:
        if not (page.docs / source).is_file():
            known = [path.relative_to(page.docs).as_posix() for path in page.docs.rglob("*.md")]
            raise GuideError(f"there is no page '{source}'{did_you_mean(source, known)}")
        text = (page.docs / source).read_text(encoding="utf-8")
        found.append((page.way_to(source), cards.card_of(text)))
    return cards.cards_html(found)


def _recorded_cell(snippet: str, name: str) -> tuple[Mapping[str, Any], dict[str, str]]:
    """Return a cell as it was recorded, and the `data-` attributes of a block that shows it."""
    recording = _recording(_current(), snippet)
    recorded = recording.cell(name)
    if recorded is None:
        hint = did_you_mean(name, recording.cell_names())
        raise GuideError(f"snippets/{snippet}.py has no cell '{name}'{hint}")
    model = recording.provenance["model"]
    return recorded, {"cell": name, "key": recording.key, "model": model}


def _tabs(snippet: str, name: str, fold: str = "") -> str:
    """Return the real model's output and the demo's in tabs, or "" where one says it all."""
    page = _current()
    if snippet not in page.committed:
        return ""
    demo, number = page.recordings[snippet], page.n_tabs + 1
    html = tabs.tabs_html(number, page.committed[snippet], demo, name, fold=fold)
    page.n_tabs += bool(html)
    return html


@_reported
def setup() -> str:
    """Return the folded code that the blocks of a chapter need, to stand at its head."""
    note = "<p>Run this first: every block of this chapter uses it.</p>"
    return render.details_html(
        "All the code of this chapter needs this", note + cell("model", "setup"), kind="abstract"
    )


@_reported
def which_model() -> str:
    """Return the note, for the head of a chapter, on the model that produced its outputs."""
    page = _current()
    return notes.which_model_html(
        page.profile,
        page.recorded_models(),
        page.way_to(DEMO_PAGE),
        is_complete=page.snippets() <= page.committed.keys(),
    )


@_reported
def which_service() -> str:
    """Return the note, for the head of the remote chapter, on the service that ran its jobs."""
    page = _current()
    return notes.which_service_html(page.profile, page.recorded_models(), page.way_to(DEMO_PAGE))


@_reported
def published(section: str) -> str:
    """Return the folded table of what was published for GPT-J-6B.

    It is left out where the page shows what GPT-J-6B itself gives.
    """
    table = published_html(section)
    return "" if _current().is_real() else table


@_reported
def idioms_overview() -> str:
    """Return the list of the verdicts on the idioms of 2024, each with links to its idioms."""
    return migration.overview_html(_current().outcomes.values())


@_reported
def idioms_table(*names: str) -> str:
    """Return the table of these idioms of 2024: the old code, what it does today, today's code."""
    page = _current()
    for name in names:
        if name not in page.outcomes:
            raise GuideError(f"there is no idiom '{name}'{did_you_mean(name, page.outcomes)}")
    rows = [page.outcomes[name] for name in names]
    page.shown.extend(recorded for _, recorded in rows)
    return migration.table_html(rows)


def _recording(page: Page, snippet: str) -> Recording:
    if snippet not in page.recordings:
        raise GuideError(f"there is no snippet '{snippet}'{did_you_mean(snippet, page.recordings)}")
    recording = page.recordings[snippet]
    for made in (page.committed.get(snippet), recording):
        if made is not None and made not in page.shown:
            page.shown.append(made)
    return recording
