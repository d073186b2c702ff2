"""The links of the built site: those that are made by themselves, and that all lead somewhere."""

import re
from collections import defaultdict
from importlib.metadata import version
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup, NavigableString, Tag

from nnsight_guide.chapter import gptj_source
from tests.support.pages import ROOT, chapter_pages

WORDS = {
    heading: re.compile(rf"\b{heading.removesuffix('s')}(e?s)?\b".replace(" ", r"\s+"), re.I)
    for heading in re.findall(r"^## (.*)$", (ROOT / "docs/glossary.md").read_text(), re.M)
}
LONGEST_FIRST = sorted(WORDS, key=len, reverse=True)
ANY_WORD = re.compile("|".join(WORDS[word].pattern for word in LONGEST_FIRST), re.I)
# What the reader sees as a title, as code or as the guide's own remark, rather than as prose.
NOT_PROSE = (
    "h1, h2, h3, h4, h5, h6, th, summary, label, .admonition-title, pre, figure, script, "
    ".guide-cell, .guide-output, .guide-model, .guide-provenance, details.quote, details.abstract, "
    ".guide-idioms, .guide-verdicts"
)
CHAPTERS = [*chapter_pages(), "migration/index.html"]
OTHER_LINKS = "a:not(.guide-term, .guide-source)"


def prose(page: BeautifulSoup) -> list[NavigableString]:
    """Return the pieces of a page's text that may hold links made by themselves, in order."""
    article = page.select_one("article")
    left_out = {id(tag) for tag in article.select(f":is({NOT_PROSE}, {OTHER_LINKS})")}
    return [
        text
        for text in article.find_all(string=True)
        if type(text) is NavigableString and not any(id(p) in left_out for p in text.parents)
    ]


def link_around(text: NavigableString, kind: str) -> Tag | None:
    return text.find_parent("a", class_=kind)


def uses(word: str, page: BeautifulSoup) -> list[NavigableString]:
    """Return the pieces of prose that use a word; in inline code it must stand alone.

    What is a part of another word is no use of it: "logit" in "logit lens".
    """
    return [
        text
        for text in prose(page)
        if (
            WORDS[word].fullmatch(text)
            if text.find_parent("code")
            else any(WORDS[word].fullmatch(use.group()) for use in ANY_WORD.finditer(text))
        )
    ]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_first_use_of_each_glossary_word_leads_to_its_entry_and_no_other_does(pages, chapter):
    page = pages[chapter]
    linked = defaultdict(list)
    for link in page.select("article a.guide-term"):
        [word] = [word for word, pattern in WORDS.items() if pattern.fullmatch(link.text)]
        assert link["href"].endswith(f"/glossary/#{word.lower().replace(' ', '-')}")
        linked[word].append(link)
    assert linked
    for word in WORDS:
        texts = uses(word, page)
        assert len(linked[word]) == bool(texts), word
        if texts:
            assert link_around(texts[0], "guide-term") is linked[word][0], word


def test_every_mention_of_a_module_in_prose_leads_to_its_source(pages):
    n_mentions = 0
    for path, page in pages.items():
        if path.startswith("notebooks/"):  # no text of the site's, but what a notebook holds
            continue
        for text in prose(page):
            if not (text.find_parent("code") and gptj_source.MENTION.fullmatch(text)):
                continue
            link = link_around(text, "guide-source")
            assert link, f"{path}: {text}"
            assert link["href"] == gptj_source.source_url(text)
            n_mentions += 1
    assert n_mentions > 20


def test_every_link_to_transformers_names_the_version_that_is_installed(pages):
    for path, page in pages.items():
        for link in page.select("a[href^='https://github.com/huggingface/transformers/blob/']"):
            assert f"/blob/v{version('transformers')}/" in link["href"], path


def test_no_link_lies_in_another(pages):
    for path, page in pages.items():
        assert not page.select("a a"), path


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_chapter_has_a_way_on_and_a_way_back(pages, chapter):
    for direction in ("prev", "next"):
        assert pages[chapter].select_one(f"footer a.md-footer__link--{direction}[href]")


def test_every_link_within_the_site_leads_to_a_file_and_an_anchor(pages, site_files):
    anchors = {
        path: {tag["id"] for tag in page.select("[id]")} | {"", "__top"}
        for path, page in pages.items()
    }
    broken = []
    for path, page in pages.items():
        for tag in page.select("a[href], link[href], script[src], img[src]"):
            href = str(tag.get("href") or tag.get("src"))
            if urlsplit(href).scheme or href.startswith("//"):
                continue
            whole = urlsplit(urljoin(f"/{path}", href))
            target = unquote(whole.path).lstrip("/")
            if target == "" or target.endswith("/"):
                target += "index.html"
            if target not in site_files or (
                target in anchors and unquote(whole.fragment) not in anchors[target]
            ):
                broken.append(f"{path}: {href}")
    assert broken == []
