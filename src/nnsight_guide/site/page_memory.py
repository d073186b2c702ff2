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
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from nnsight_guide.chapter.cross_links import GLOSSARY
from nnsight_guide.chapter.page import ChapterPage, LookedUp
from nnsight_guide.recording.real_cells import Real, RealCell
from nnsight_guide.recording.recordings import Recording
from nnsight_guide.site.template_memory import TemplateMemory

INCLUDED = re.compile(r'^ *--8<-- "([^"\n]+)" *$', re.MULTILINE)  # a whole file, by pymdownx
INCLUDES = "--8<--"
RUNS_OR_INCLUDES = re.compile(rf'\bexec="|{INCLUDES}')
SETUP = "model"
MOST_TEXTS = 300  # of pages, as they are and as they were: a long preview is not to grow
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
        looked_up: what its blocks have found in other files.

    """

    made_from: tuple[Any, ...]
    attributes: dict[str, Any]
    links: dict[str, dict[str, str]]
    shown: list[Any]
    names: Names
    looked_up: list[LookedUp]

    def holds(self, made_from: tuple[Any, ...]) -> bool:
        """Whether the same would be made from this, and from the files that were looked into."""
        return self.made_from == made_from and all(found.is_so() for found in self.looked_up)


class PageMemory:
    """What builds before have made of pages that may be as they were."""

    def __init__(self) -> None:
        self.templates = TemplateMemory()
        self._rendered: dict[str, _Rendered] = {}
        self._new: dict[str, _Rendered] = {}
        self._in_common: Any = None  # what the pages of the build that goes on have in common
        self._entries: dict[str, tuple[Any, list[dict[str, Any]], str | None]] = {}
        self.notebooks: MadeNotebooks = {}

    def share(self, environment: Environment, config: MkDocsConfig, files: Files) -> Environment:
        """Let the theme, and the search, work only on pages that are not as they were."""
        self.templates.share(environment, config, files)
        if search := config.plugins.get("material/search"):
            self._share_entries(search, config.plugins.events["page_context"])
        return environment

    def render(self, page: Page, chapter: ChapterPage) -> None:
        """Let this page be rendered only if anything that it is made from is another now.

        Args:
            page: the page, before it is rendered.
            chapter: the same page, as its blocks see it; what it shows is taken from memory, too.

        """
        source = page.file.src_uri
        if not source.endswith(".md"):
            return
        render = page.render

        def render_or_remember(config: MkDocsConfig, files: Files) -> None:
            text = _with_included(chapter.source, config)
            if text is None:
                render(config, files)
                return
            made_from = (page.markdown, text, *self._made_from(text, chapter, config, files))
            known = self._rendered.get(source)
            if known is None or not known.holds(made_from):
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
            chapter.looked_up[:] = known.looked_up
            _tell_names(page, known.names, config.plugins)

        page.render = render_or_remember  # type: ignore[method-assign]

    def keep(self) -> None:
        """Keep what a build has rendered that went well."""
        self._rendered |= self._new
        self.forget_new()

    def forget_new(self) -> None:
        """Forget what a build has rendered that broke: its warnings have to come again."""
        self._new.clear()
        self._in_common = None

    def _made_from(
        self, text: str, chapter: ChapterPage, config: MkDocsConfig, files: Files
    ) -> tuple[Any, ...]:
        """Return all that the HTML of this text is made from beside its Markdown."""
        if self._in_common is None:  # once a build
            self._in_common = _of_site(config, files)
        root = Path(config.config_file_path).parent
        sources = sorted(root.glob("src/**/*.py")) if SHOWS_SOURCES.search(text) else []
        return (
            self._in_common,
            [(path, path.read_bytes()) for path in sources],
            recordings_for(chapter.source, chapter.recordings, chapter.committed),
            *(getattr(chapter, name) for name in ("profile", "outcomes", "package")),
        )

    def _share_entries(self, search: Any, events: list[Callable[..., Any]]) -> None:
        """Let the search take apart, and clean, only pages that are not as they were."""
        index, at = search.search_index, events.index(search.on_page_context)
        take_apart = events[at]

        def take_apart_or_remember(context: Any, *, page: Page, **named: Any) -> Any:
            made_from = (page.content, str(page.title), page.meta)
            known, entries, cleaned = self._entries.get(page.url, (None, [], ""))
            if known == made_from:
                index.entries.extend(dict(entry) for entry in entries)
                page.content = cleaned
                return context
            before = len(index.entries)
            context = take_apart(context, page=page, **named) or context
            entries = [dict(entry) for entry in index.entries[before:]]
            self._entries[page.url] = made_from, entries, page.content
            return context

        events[at] = take_apart_or_remember


def _of_site(config: MkDocsConfig, files: Files) -> Any:
    """Return what every page is made from: links lead to places of files, and to the glossary."""
    glossary = files.get_file_from_path(GLOSSARY)
    return (
        Path(config.config_file_path).read_bytes(),
        [(file.src_uri, file.url) for file in files],
        glossary and glossary.content_bytes,
    )


def recordings_for(
    markdown: str, recordings: Mapping[str, Recording], committed: Real
) -> list[tuple[Recording, Mapping[str, RealCell] | None]]:
    """Return all recordings that a page may show: those whose snippets it names, in any words.

    The model's is always one of them, since `setup()` does not name it.
    """
    return [(recordings[name], committed.get(name)) for name in _named(markdown, (*recordings,))]


@lru_cache(maxsize=MOST_TEXTS)
def _named(markdown: str, snippets: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the snippets; to look for each in each page takes 10 ms of a build."""
    return tuple(sorted(name for name in snippets if name in markdown or name == SETUP))


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


def _taken(page: Page, chapter: ChapterPage, made_from: tuple[Any, ...], names: Names) -> _Rendered:
    attributes = ("content", "toc", "_title_from_render", "present_anchor_ids")
    links = {file.src_uri: anchors for file, anchors in (page.links_to_anchors or {}).items()}
    return _Rendered(
        made_from,
        {name: vars(page)[name] for name in attributes},
        links,
        list(chapter.shown),
        names,
        list(chapter.looked_up),
    )


def _with_included(source: str, config: MkDocsConfig) -> str | None:
    """Return a page's Markdown with all files that it includes; None, if it is not known which."""
    names = INCLUDED.findall(source)
    if source.count(INCLUDES) > len(names):
        return None
    options = config.mdx_configs.get("pymdownx.snippets", {})
    names += options.get("auto_append", [])
    bases = options.get("base_path", ["."])
    texts = [source]
    for name in names:
        paths = [Path(base, name) for base in (bases if isinstance(bases, list) else [bases])]
        found = next((path for path in paths if path.is_file()), None)
        if found is None or RUNS_OR_INCLUDES.search(text := found.read_text(encoding="utf-8")):
            return None
        texts.append(text)
    return "\n".join(texts)
