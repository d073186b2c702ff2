"""Whoever has linked to the guide finds what was there: `addresses.json` lists all of it."""

import json

import pytest

from tests.support.addresses import of_page
from tests.support.paths import ROOT

LISTED = json.loads((ROOT / "tests/pages/addresses.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", LISTED["pages"])
def test_every_address_and_every_anchor_still_leads_to_its_content(pages, page):
    assert page in pages
    found = of_page(pages[page])
    assert {name: found.get(name) for name in LISTED["pages"][page]} == LISTED["pages"][page]


def test_every_other_file_is_still_there(site_files):
    assert {*LISTED["others"]} <= site_files
