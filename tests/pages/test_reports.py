"""The link at each block with which a reader says that it fails, on the site as it is published."""

import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup

from tests.support.paths import ROOT

BLOCKS = "[data-snippet], [data-fragment-of], [data-idiom]"


@pytest.fixture(scope="module")
def published(guide):
    return [
        BeautifulSoup(path.read_text("utf-8"), "html.parser")
        for path in sorted(guide.folder.rglob("*.html"))
    ]


def test_every_block_can_be_reported_with_its_own_cell_and_nothing_of_a_machine(published):
    blocks = [block for page in published for block in page.select(BLOCKS)]
    assert len(blocks) > 50
    for block in blocks:
        (link,) = block.select(".highlight .guide-issue")
        url = urlsplit(link["href"])
        assert url.geturl().startswith("https://github.com/someone/guide/issues/new?")
        body = parse_qs(url.query)["body"][0]
        code = link.find_parent(class_="highlight").select_one("pre code").text
        assert code.strip() in body
        for told in (block["data-key"], block["data-model"], "nnsight 0.8.1", "docs/"):
            assert told in body
        for private in (str(ROOT), str(Path.home()), sys.prefix, "/tmp/"):
            assert private not in body


def test_without_a_repository_nothing_of_it_is_on_a_page(pages):
    for path, page in pages.items():
        assert "guide-issue" not in str(page), path
