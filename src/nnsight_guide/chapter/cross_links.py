"""Links that authors need not write. An extension of Python-Markdown.

- The first use of each glossary word on a page leads to its entry in the glossary.
- Each mention of a module of GPT-J, as inline code, leads to its line in transformers.

Both are made in prose only: not in headings and titles, code blocks, figures or other links.
HTML that a block of markdown-exec printed is kept aside while this runs, and stays as it is.
"""

import posixpath
import re
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.extensions.toc import slugify
from markdown.treeprocessors import Treeprocessor
from markdown.util import HTML_PLACEHOLDER_RE

from nnsight_guide.chapter.gptj_source import source_url
from nnsight_guide.chapter.page import current_page

GLOSSARY = "glossary.md"
NOT_PROSE = {"a", "figure", "label", "pre", "script", "style", "summary", "svg", "th"}
NOT_PROSE |= {f"h{level}" for level in range(1, 7)}
TITLE = "admonition-title"

# After the table of contents (5) has read the headings, before MkDocs (0) resolves links.
PRIORITY = 2


class CrossLinks(Extension):  # type: ignore[misc]
    """Option `docs`: the folder of the Markdown files, in which the glossary lies."""

    def __init__(self, **options: Any) -> None:
        self.config = {"docs": ["docs", "The folder that the glossary lies in"]}
        super().__init__(**options)

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - its name in Markdown
        """Register the processor."""
        processor = CrossLinker(md, Path(self.getConfig("docs")))
        md.treeprocessors.register(processor, "nnsight-guide-cross-links", PRIORITY)


def makeExtension(**options: Any) -> CrossLinks:  # noqa: N802 - its name in Markdown
    """Return the extension, for Markdown."""
    return CrossLinks(**options)


class CrossLinker(Treeprocessor):  # type: ignore[misc]
    """Puts the links into the tree of one page."""

    def __init__(self, md: Markdown, docs: Path) -> None:
        super().__init__(md)
        self.docs = docs

    def run(self, root: Element) -> None:
        """Link the words and modules of the page that is open."""
        if hasattr(self.md, "_original_md"):
            return  # Markdown that a block of markdown-exec printed: its links nobody resolves
        page = current_page().path
        glossary = f"docs/{GLOSSARY}"
        words = {} if page == glossary else glossary_words(self.docs / GLOSSARY)
        self.base = posixpath.relpath(glossary, posixpath.dirname(page))
        self.words = tuple(words)
        self.unused = dict(words)  # the words that the page has not used so far, and their anchors
        self._link(root)

    def _link(self, element: Element) -> None:
        children, text = list(element), element.text
        element[:] = []
        element.text = None
        self._add_prose(element, text)
        for child in children:
            tail, child.tail = child.tail, None
            element.append(self._linked(child))
            self._add_prose(element, tail)

    def _linked(self, child: Element) -> Element:
        if child.tag == "code":
            return self._linked_code(child)
        if child.tag not in NOT_PROSE and TITLE not in child.get("class", "").split():
            self._link(child)
        return child

    def _linked_code(self, code: Element) -> Element:
        text = self._text(code)
        if url := source_url(text):
            link = Element("a", {"class": "guide-source", "href": url})
        elif (use := self._next_use(text)) and use.group() == text:
            link = self._term(use)
        else:
            return code
        link.append(code)
        return link

    def _add_prose(self, element: Element, text: str | None) -> None:
        rest = text or ""
        while use := self._next_use(rest):
            _append_text(element, rest[: use.start()])
            link = self._term(use)
            link.text = use.group()
            element.append(link)
            rest = rest[use.end() :]
        _append_text(element, rest)

    def _next_use(self, text: str) -> re.Match[str] | None:
        """Return where the text first uses a word that the page has not used before.

        What is a part of another word is no use: "logit" in "logit lens".
        """
        uses = any_of(self.words).finditer(text) if self.words else ()
        return next((use for use in uses if self._word(use) in self.unused), None)

    def _word(self, use: re.Match[str]) -> str:
        return next(word for word in self.words if any_of((word,)).fullmatch(use.group()))

    def _term(self, use: re.Match[str]) -> Element:
        """Return a link to the entry of the word that is used here, and is used from now on."""
        href = f"{self.base}#{self.unused.pop(self._word(use))}"
        return Element("a", {"class": "guide-term", "href": href})

    def _text(self, code: Element) -> str:
        """Return what a reader sees of inline code, which inlinehilite keeps in a stash."""
        assert self.md is not None
        stash = self.md.htmlStash.rawHtmlBlocks
        text = HTML_PLACEHOLDER_RE.sub(lambda found: str(stash[int(found[1])]), code.text or "")
        return unescape(text)


def glossary_words(glossary: Path) -> dict[str, str]:
    """Return the words of the glossary, its headings, each with its anchor."""
    headings = re.findall(r"^## (.+?)\s*$", glossary.read_text(encoding="utf-8"), re.MULTILINE)
    return {word: slugify(word, "-") for word in headings}


@lru_cache
def any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern for any of the words, singular or plural, wherever it is a whole word."""
    longest_first = sorted(words, key=len, reverse=True)
    forms = [
        r"\s+".join(map(re.escape, word.removesuffix("s").split())) + "(?:e?s)?"
        for word in longest_first
    ]
    return re.compile(rf"(?<!\w)(?:{'|'.join(forms)})(?!\w)", re.IGNORECASE)


def _append_text(element: Element, text: str) -> None:
    """Put text after all that the element holds."""
    if not text:
        return
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text
