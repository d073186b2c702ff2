"""The real model's output and the demo's in tabs, as a reader's browser shows them."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from nnsight_guide.html.figures import MIME
from nnsight_guide.html.tabs import tabs_html
from nnsight_guide.recording.real_cells import RealCell
from nnsight_guide.recording.recordings import Recording
from tests.support.browser import Site
from tests.support.figures import drawing, site_of

REAL, DEMO = "28 layers", "4 layers"


def outputs(text: str, seed: int = 0) -> dict[str, list[dict[str, Any]]]:
    """Return what a model gave for two cells: it printed a text, and drew a figure."""
    return {
        "ask": [{"output_type": "stream", "name": "stdout", "text": f"{text}\n"}],
        "draw": [{"output_type": "display_data", "data": {MIME: drawing(seed=seed)}}],
    }


MADE = {
    "profile": "local",
    "model": "EleutherAI/gpt-j-6b",
    "device": "cuda",
    "date": "2026-11-23",
    "versions": {"nnsight": "0.8.1", "torch": "2.13.0", "transformers": "5.22.2"},
}


@pytest.fixture(scope="module")
def tabbed_site(tmp_path_factory) -> Iterator[Site]:
    """Three pages: one with two blocks in tabs, one with one, one with a figure in each tab."""
    real = {
        name: RealCell(found, MADE, "a-key", {}, is_proven=True)
        for name, found in outputs(REAL).items()
    }
    cells = [
        {"metadata": {"title": name}, "outputs": found}
        for name, found in outputs(DEMO, seed=1).items()
    ]
    made = {**MADE, "profile": "demo", "model": "nnsight-guide/gptj-demo"}
    guide = {"key_parts": {"model": made["model"]}, "provenance": made}
    demo = Recording({"cells": cells, "metadata": {"guide": guide}})
    one, two = (
        f'<div class="guide-cell">{tabs_html(number, real["ask"], demo, "ask")}</div>'
        for number in (1, 2)
    )
    figures = tabs_html(1, real["draw"], demo, "draw")
    pages = {
        "index.md": f"# Start\n\n{one}\n\n{two}\n\n[On](other.md)\n",
        "other.md": f"# Other\n\n{one}\n\n[Back](index.md)\n",
        "figure.md": f'# Figure\n\n<div class="guide-cell">{figures}</div>\n',
    }
    with site_of(tmp_path_factory.mktemp("tabs"), pages) as site:
        yield site


def shown(page: Page) -> list[str]:
    """Return the outputs of a page that can be seen."""
    outputs = page.locator(".guide-output").filter(visible=True)
    return [text.strip() for text in outputs.all_inner_texts()]


def test_the_real_models_output_is_seen_first_with_where_and_when(visitor, tabbed_site):
    visit = visitor(tabbed_site.address)
    visit.page.goto(tabbed_site.address)
    assert shown(visit.page) == [REAL, REAL]
    expect(visit.page.locator(".guide-recorded").first).to_have_text(
        "Recorded on a GPU with EleutherAI/gpt-j-6b, "
        "nnsight 0.8.1, torch 2.13.0, transformers 5.22.2, on 2026-11-23"
    )
    assert visit.refused == visit.complaints == []


def test_a_choice_holds_for_every_block_and_on_every_page(visitor, tabbed_site):
    page = visitor(tabbed_site.address).page
    page.goto(tabbed_site.address)
    page.get_by_text("Demo model").first.click()
    expect(page.locator(".guide-output").filter(visible=True)).to_have_text([DEMO, DEMO])

    page.get_by_role("link", name="On", exact=True).click()  # Material swaps the page
    expect(page.locator("h1")).to_contain_text("Other")
    expect(page.locator(".guide-output").filter(visible=True)).to_have_text([DEMO])

    page.goto(tabbed_site.address)  # and as if the reader came back another day
    assert shown(page) == [DEMO, DEMO]
    page.get_by_text("GPT-J-6B").first.click()
    page.goto(f"{tabbed_site.address}other/")
    assert shown(page) == [REAL]


KEPT = "[document.cookie, localStorage.length, sessionStorage.length, history.length]"
KEEP = "localStorage.kept = sessionStorage.kept = document.cookie = 'kept=1'"


@pytest.mark.parametrize("place", ["server", "folder"])
def test_a_visitor_finds_nothing_of_the_one_before_in_the_same_profile(
    profiles_of_visitors, tabbed_site, place
):
    """What is between the tests is tested here: all of them open their pages so."""
    folder = f"{tabbed_site.folder.as_uri()}/index.html"
    own, address = {
        "server": (tabbed_site.address, tabbed_site.address),
        "folder": ("file://", folder),
    }[place]
    found, contexts = [], set()
    for _ in range(2):
        with profiles_of_visitors.visit(own, locale="eo") as visit:
            visit.page.goto(address)
            found.append(visit.page.evaluate(KEPT))
            visit.page.evaluate(KEEP)
            assert visit.page.evaluate(KEPT) != found[-1]
            contexts.add(visit.page.context)
            with profiles_of_visitors.visit(own, locale="eo") as another:
                assert another.page.context != visit.page.context
    assert found[0] == found[1]
    assert len(contexts) == 1  # it was indeed the same


def test_the_address_of_a_tab_opens_it(visitor, tabbed_site):
    page = visitor(tabbed_site.address).page
    tab = page.locator(".tabbed-set > input").nth(1)
    page.goto(tabbed_site.address)
    page.goto(f"{tabbed_site.address}other/#{tab.get_attribute('id')}")
    assert shown(page) == [DEMO]


def test_the_tabs_work_with_the_keyboard(visitor, tabbed_site):
    page = visitor(tabbed_site.address).page
    page.goto(tabbed_site.address)
    page.locator(".tabbed-set > input").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".guide-output").filter(visible=True).first).to_have_text(DEMO)


def test_the_tabs_work_without_javascript(visitor, tabbed_site):
    page = visitor(tabbed_site.address, java_script_enabled=False).page
    page.goto(tabbed_site.address)
    assert shown(page) == [REAL, REAL]
    page.locator("label", has_text="Demo model").first.click()
    assert shown(page) == [DEMO, REAL]


def test_a_figure_is_drawn_in_the_tab_that_was_hidden_too(visitor, tabbed_site):
    visit = visitor(tabbed_site.address)
    visit.page.goto(f"{tabbed_site.address}figure/")
    expect(visit.page.locator(".guide-figure[data-drawn]")).to_have_count(2)
    for label in ("GPT-J-6B", "Demo model"):
        visit.page.get_by_text(label, exact=True).click()
        figure = visit.page.locator(".guide-figure").filter(visible=True)
        expect(figure).to_have_count(1)
        large = figure.locator("canvas").first
        expect(large).to_be_visible()
        box = large.bounding_box()
        assert min(box["width"], box["height"]) > 100
    assert visit.complaints == []
