"""What the preview keeps of each page: of all that an edit lets it build, most is as it was.

Python-Markdown takes most of the time of a build, then the theme (`template_memory`), and the
search, which takes each page apart. Here a page's HTML is taken from memory if its Markdown is the
same, and all else that HTML is made from. All that comes after, from the navigation to the check of
links, goes on with it as with HTML that is new.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from nnsight_guide.chapter.cross_links import GLOSSARY
from nnsight_guide.chapter.page import ChapterPage
from nnsight_guide.recording.real_cells import Real, RealCell
from nnsight_guide.recording.recordings import Recording
from nnsight_guide.site.template_memory import TemplateMemory

# Such a page shows what lies in other files: in other pages, or in results.
SHOWS_FILES = re.compile(r"\bchapter_cards\(|^ *--8<--", re.MULTILINE)
SETUP = "model"
SHOWS_SOURCES = re.compile("^:::", re.MULTILINE)  # by mkdocstrings


# Of each notebook, by its file: what it was made from, and itself.
MadeNotebooks = dict[str, tuple[Any, str]]
# What mkdocs-autorefs is told of names in sources: the arguments of each call.
Names = list[tuple[tuple[Any, ...], dict[str, Any]]]


@dataclass(frozen=True)
class _Rendered:
    """What Python-Markdown made of a page.

    Attributes:
        made_from: the Markdown, and what else it was made from.
        attributes: what MkDocs then keeps in the page.
        links: the anchors of other pages that it links to, by the page's file.
        shown: what the page shows, for its provenance.
        names: what mkdocstrings has told mkdocs-autorefs of it, as arguments.

    """

    made_from: tuple[Any, ...]
    attributes: dict[str, Any]
    links: dict[str, dict[str, str]]
    shown: list[Any]
    names: Names


class PageMemory:
    """What builds before have made of pages that may be as they were."""

    def __init__(self) -> None:
        self.templates = TemplateMemory()
        self._rendered: dict[str, _Rendered] = {}
        self._new: dict[str, _Rendered] = {}
        self._entries: dict[str, tuple[Any, list[dict[str, Any]]]] = {}
        self.notebooks: MadeNotebooks = {}

    def share(self, environment: Environment, config: MkDocsConfig, files: Files) -> Environment:
        """Let the theme, and the search, work only on pages that are not as they were."""
        self.templates.share(environment, config, files)
        if search := config.plugins.get("material/search"):
            self._share_entries(search.search_index)
        return environment

    def render(self, page: Page, chapter: ChapterPage) -> None:
        """Let this page be rendered only if anything that it is made from is another now.

        Args:
            page: the page, before it is rendered.
            chapter: the same page, as its blocks see it; what it shows is taken from memory, too.

        """
        source = page.file.src_uri
        if not source.endswith(".md") or SHOWS_FILES.search(chapter.source):
            return
        render = page.render

        def render_or_remember(config: MkDocsConfig, files: Files) -> None:
            made_from = (page.markdown, *_made_from(chapter, config, files))
            known = self._rendered.get(source)
            if known is None or known.made_from != made_from:
                with _names_told(config) as names:
                    render(config, files)
                self._new[source] = _taken(page, chapter, made_from, names)
                return
            vars(page).update(known.attributes)
            page.links_to_anchors = {
                file: anchors
                for linked, anchors in known.links.items()
                if (file := files.get_file_from_path(linked))
            }
            chapter.shown[:] = known.shown
            _tell_names(page, known.names, config.plugins)

        page.render = render_or_remember  # type: ignore[method-assign]

    def keep(self) -> None:
        """Keep what a build has rendered that went well."""
        self._rendered |= self._new
        self._new.clear()

    def forget_new(self) -> None:
        """Forget what a build has rendered that broke: its warnings have to come again."""
        self._new.clear()

    def _share_entries(self, index: Any) -> None:
        add: Callable[[Page], None] = index.add_entry_from_context

        def add_or_remember(page: Page) -> None:
            made_from = (page.content, str(page.title), page.meta)
            known, entries = self._entries.get(page.url, (None, []))
            if known != made_from:
                before = len(index.entries)
                add(page)
                entries = [dict(entry) for entry in index.entries[before:]]
                self._entries[page.url] = (made_from, entries)
            else:
                index.entries.extend(dict(entry) for entry in entries)

        index.add_entry_from_context = add_or_remember


def _made_from(chapter: ChapterPage, config: MkDocsConfig, files: Files) -> tuple[Any, ...]:
    """Return all that a page's HTML is made from beside its Markdown.

    Links lead to other files by their places, and from words to the glossary.
    """
    glossary = files.get_file_from_path(GLOSSARY)
    root = Path(config.config_file_path).parent
    sources = sorted(root.glob("src/**/*.py")) if SHOWS_SOURCES.search(chapter.source) else []
    return (
        Path(config.config_file_path).read_bytes(),
        [(file.src_uri, file.url) for file in files],
        glossary and glossary.content_bytes,
        [(path, path.read_bytes()) for path in sources],
        recordings_for(chapter.source, chapter.recordings, chapter.committed),
        *(getattr(chapter, name) for name in ("profile", "outcomes", "package")),
    )


def recordings_for(
    markdown: str, recordings: Mapping[str, Recording], committed: Real
) -> list[tuple[Recording, Mapping[str, RealCell] | None]]:
    """Return all recordings that a page may show: those whose snippets it names, in any words.

    The model's is always one of them, since `setup()` does not name it.
    """
    names = sorted(name for name in recordings if name in markdown or name == SETUP)
    return [(recordings[name], committed.get(name)) for name in names]


@contextmanager
def _names_told(config: MkDocsConfig) -> Iterator[Names]:
    """Note the names in sources that mkdocs-autorefs is told of, so that words can link to them."""
    told: Names = []
    autorefs: Any = config.plugins.get("autorefs")
    if autorefs is None:
        yield told
        return
    register = autorefs.register_anchor

    def register_and_note(page: Page, *positional: Any, **named: Any) -> None:
        told.append((positional, named))
        register(page, *positional, **named)

    autorefs.register_anchor = register_and_note
    yield told
    del autorefs.register_anchor


def _tell_names(page: Page, names: Names, plugins: Mapping[str, Any]) -> None:
    """Tell mkdocs-autorefs what rendering the page would have told it."""
    if names:
        plugins["mkdocstrings"].get_handler("python")  # whose style sheet is then written
    for positional, named in names:
        plugins["autorefs"].register_anchor(page, *positional, **named)


def _taken(
    page: Page,
    chapter: ChapterPage,
    made_from: tuple[Any, ...],
    names: Names,
) -> _Rendered:
    attributes = ("content", "toc", "_title_from_render", "present_anchor_ids")
    links = page.links_to_anchors or {}
    return _Rendered(
        made_from,
        {name: vars(page)[name] for name in attributes},
        {file.src_uri: anchors for file, anchors in links.items()},
        list(chapter.shown),
        names,
    )
