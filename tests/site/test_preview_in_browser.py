"""An author's browser, and the page that is open in it while a build breaks."""

import re
import time
import urllib.request

import pytest
from playwright.sync_api import expect

from tests.attacks.faults.serving import LOG, served
from tests.attacks.faults.sites import site_at
from tests.support.browser import Visit, faults
from tests.support.sites import MATERIAL, block, make_project, make_site

GOOD = "# First\n\nAs it was.\n"
BAD = GOOD + "\n" + block('cell("frist", "ask")')
LINE = "docs/index.md, line 7: there is no snippet 'frist'"
PROMPT = 5  # seconds, where MkDocs by itself would not answer before it is mended


@pytest.fixture
def site(tmp_path):
    """A site that is built in a second: it has no snippet."""
    (tmp_path / "site").mkdir()
    project = make_project(tmp_path / "site")
    for snippet in ("first", "second", "model"):
        project.snippet_path(snippet).unlink()
    make_site(project, {"index.md": GOOD, "second.md": "# Second\n"}, theme=MATERIAL)
    return site_at(project.root)


def test_a_page_says_that_a_build_broke_until_one_goes_well(site, browser):
    source = site.root / "docs/index.md"
    with served(site) as server, browser.new_context() as context:
        server.wait_for("As it was", "")
        visit = Visit(context.new_page(), server.url)
        page, told = visit.page, visit.page.get_by_role("alert")
        page.goto(server.url)
        expect(told).to_have_count(0)

        source.write_text(BAD)
        expect(told).to_contain_text(LINE)
        expect(page.locator("article")).to_contain_text("As it was")
        assert faults(page, but_for=".md-container") == []
        began = time.monotonic()
        with urllib.request.urlopen(f"{server.url}/second/") as answer:
            assert LINE.partition(" '")[0] in answer.read().decode()
        assert time.monotonic() - began < PROMPT
        assert len(re.findall(LINE, site.said(LOG))) == 1
        page.get_by_role("link", name="Second").first.click()
        expect(page.locator("h1")).to_contain_text("Second")
        expect(told).to_contain_text(LINE)

        page.go_back()
        source.write_text(GOOD.replace("was", "is now"))
        expect(page.locator("article")).to_contain_text("As it is now")
        expect(told).to_have_count(0)
