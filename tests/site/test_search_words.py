"""The words by which readers look for a section."""

from types import SimpleNamespace

import pytest

from nnsight_guide.base.errors import GuideError
from nnsight_guide.site.search_words import add_words

PAGES = {"index.md": "", "chapters/a.md": "chapters/a/"}


class Files:
    """What MkDocs knows of the pages; a notebook's has no entry in the search."""

    def documentation_pages(self):
        pages = {**PAGES, "notebooks/a.ipynb": "notebooks/a/"}
        return [
            SimpleNamespace(src_uri=source, page=SimpleNamespace(url=url))
            for source, url in pages.items()
        ]


@pytest.fixture
def entries():
    return [{"location": at} for at in ("", "#why", "chapters/a/", "chapters/a/#the-key")]


def test_a_section_and_a_page_are_found_by_words_that_are_not_theirs(entries):
    words = {"chapters/a.md#the-key": ["API key"], "index.md": ["begin"]}
    add_words(words, entries, Files())
    assert [entry.get("tags") for entry in entries] == [["begin"], None, None, ["API key"]]


def test_a_section_that_is_not_there_stops_the_build_with_the_nearest(entries):
    with pytest.raises(GuideError) as told:
        add_words({"chapters/a.md#the-kye": ["API key"]}, entries, Files())
    assert str(told.value) == (
        "mkdocs.yml: search_words: there is no section 'chapters/a.md#the-kye': "
        "did you mean 'chapters/a.md#the-key'?"
    )
