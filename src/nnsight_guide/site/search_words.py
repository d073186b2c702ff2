"""The words by which readers look for a section, where its text and its heading have others.

The search finds them as Material's tags, each section its own, and shows them below what it found.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from mkdocs.structure.files import Files

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import did_you_mean

Words = Mapping[str, list[str]]  # `chapters/x.md#section`, or a whole page, → what is typed


def add_words(words: Words, entries: Iterable[dict[str, Any]], files: Files) -> None:
    """Add words to the entries of the search, of which each is a section.

    Raises:
        GuideError: there is no such section.

    """
    pages = {file.page.url: file.src_uri for file in files.documentation_pages() if file.page}
    places = {}
    for entry in entries:
        url, mark, section = entry["location"].partition("#")
        places[pages[url] + mark + section] = entry
    for place, typed in words.items():
        if place not in places:
            hint = did_you_mean(place, places)
            raise GuideError(f"mkdocs.yml: search_words: there is no section '{place}'{hint}")
        places[place]["tags"] = typed
