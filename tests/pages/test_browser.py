"""The whole site in a reader's browser. All network but the site's own is refused."""

import gzip
import re
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import expect

from tests.support.browser import FOCUSED, PAINT, REACHABLE, Visit, faults, search, settle
from tests.support.paths import ROOT

CHAPTER = "chapters/running-the-model/"
FIGURES = "exercises/attention-patterns/"
WITH_FIGURES = (FIGURES, "chapters/another-architecture/")
SOURCES = sorted(path.relative_to(ROOT / "docs").as_posix() for path in ROOT.glob("docs/**/*.md"))
PAGES = [source.removesuffix("index.md").replace(".md", "/") for source in SOURCES]
PAGES += ["404.html"]
CHAPTERS = [path for path in PAGES if path.startswith(("chapters/", "exercises/"))]
NOTEBOOKS = [f"notebooks/{path.split('/')[1]}/" for path in CHAPTERS]
NOTEBOOKS += ["notebooks/attention-patterns-worksheet/", "notebooks/which-heads-matter-worksheet/"]
ON_NDIF = "GPT-J on NDIF"
SHARED = ("/assets/stylesheets/", "/assets/javascripts/", "/search/", "/sitemap.xml")
KILOBYTE = 1000


@dataclass
class Seen:
    """What a page is like, seen once as a reader would: at every width, in light and in dark.

    Attributes:
        faults: what axe finds, in light, in dark and on a phone.
        widths: how wide the page really is, by the width of the window.
        asked: the addresses that it asked for when it was opened.
        refused: those of other hosts.
        complaints: what the console says.
        buttons: how many cells of a notebook's page have one that copies.

    """

    faults: dict[str, list[str]]
    widths: dict[int, int]
    asked: list[str]
    refused: list[str]
    complaints: list[str]
    buttons: int


@pytest.fixture(scope="module")
def seen(browser, guide):
    """Look at a page, or remember what was seen of it. One window looks at all of them."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()

    @cache
    def look(path: str) -> Seen:
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto("about:blank")  # else the way to the next page would be Material's own
        visit = Visit(page, guide.address)
        page.goto(f"{guide.address}{path}")
        settle(page)
        asked = [*visit.asked]
        buttons = page.locator(".guide-cell [data-md-type=copy]").count()
        found = {"in light": faults(page)}
        page.get_by_title("Switch to dark mode").click()
        expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "slate")
        page.wait_for_timeout(400)  # colours change slowly
        # What there is to read is in dark on the phone, too: looked at once, where it is narrow.
        found["in dark"] = faults(page, but_for=".md-content")
        widths = {}
        for width in (1440, 1280, 820, 390):
            page.set_viewport_size({"width": width, "height": 900})
            widths[width] = page.evaluate("document.documentElement.scrollWidth")
        page.wait_for_timeout(400)  # what scrolls now becomes reachable a little later
        found["on a phone"] = faults(page)
        page.evaluate("localStorage.clear()")  # the next visitor has not chosen dark mode
        visit.leave()
        return Seen(found, widths, asked, visit.refused, visit.complaints, buttons)

    yield look
    context.close()


@pytest.fixture
def opened(visitor, guide):
    """Open a page of the guide, and wait until its scripts have done what they do."""

    def opened(path: str = "", **settings) -> Visit:
        visit = visitor(guide.address, **settings)
        visit.page.goto(f"{guide.address}{path}")
        settle(visit.page)
        return visit

    return opened


@pytest.mark.parametrize("path", [*PAGES, *NOTEBOOKS])
def test_axe_finds_nothing_in_light_in_dark_and_on_a_phone(seen, path):
    assert seen(path).faults == {"in light": [], "in dark": [], "on a phone": []}


def test_one_word_too_pale_among_a_thousand_is_found(opened):
    page = opened(CHAPTER).page
    word = page.locator("article .highlight .n").filter(visible=True).last
    word.evaluate("word => word.style.color = '#bbb'")
    assert [fault.partition(":")[0] for fault in faults(page)] == ["color-contrast"]


@pytest.mark.parametrize("path", [*PAGES, *NOTEBOOKS])
def test_no_page_asks_another_host_complains_or_is_too_wide(seen, path):
    page = seen(path)
    assert page.refused == page.complaints == []
    assert page.widths == {width: width for width in page.widths}


@pytest.mark.parametrize("path", [path for path in PAGES if path not in WITH_FIGURES])
def test_a_page_without_figures_is_light(seen, guide, path):
    own = {urlsplit(url).path for url in seen(path).asked}
    files = [
        guide.folder / (way.lstrip("/") + ("index.html" if way.endswith("/") else ""))
        for way in own
        if not way.startswith(SHARED)
    ]
    weight = sum(len(gzip.compress(file.read_bytes())) for file in files)
    assert len(files) > 5
    assert weight <= 300 * KILOBYTE


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_every_block_of_a_notebooks_page_can_be_copied(seen, guide, path):
    page = BeautifulSoup((guide.folder / path / "index.html").read_text("utf-8"), "html.parser")
    cells = page.select(".guide-cell:has(.highlight)")
    assert seen(path).buttons == len(cells) > 3


def test_the_landing_page_shows_its_largest_part_within_a_second(visitor, guide):
    page = visitor(guide.address).page
    paints = []
    for _ in range(4):  # the best one: what else the machine does is its own affair
        page.goto(guide.address)
        settle(page)
        paints.append(page.evaluate(PAINT))
    assert min(paints) < 1000


def test_one_screen_of_the_landing_page_shows_a_trace_its_output_and_the_attention(opened):
    page = opened().page
    for text in ("with model.trace(prompt", "torch.Size([50400])", "' Paris'"):
        shown = page.locator(".guide-hero pre", has_text=text).first
        assert shown.bounding_box()["y"] + shown.bounding_box()["height"] <= 900
    picture = page.get_by_role("img", name="Attention patterns of 16 heads").bounding_box()
    assert picture["y"] + picture["height"] <= 900


def test_every_chapter_has_a_card_that_leads_to_it(opened, guide):
    page = opened().page
    cards = page.locator(".guide-card")
    addresses = [link.get_attribute("href") for link in cards.get_by_role("link").all()]
    assert {address.removeprefix(guide.address).removeprefix("./") for address in addresses} == {
        *CHAPTERS,
        "migration/",
    }
    expect(cards.locator(".guide-card-minutes")).to_have_text(
        [re.compile(r"^\d+ minutes$")] * len(addresses)
    )
    cards.nth(3).click(position={"x": 20, "y": 100})  # anywhere on it
    expect(page).to_have_url(f"{guide.address}{CHAPTER}")


def test_the_search_finds_attention_mask_and_opens_its_page(opened):
    visit = opened()
    search(visit.page, "attention mask")
    visit.page.locator(".md-search-result__link").first.click()
    expect(visit.page).to_have_url(re.compile(r"/chapters/tokenizers/"))
    assert visit.refused == visit.complaints == []


def test_the_search_suggests_the_end_of_a_word(opened):
    page = opened().page
    search(page, "tokeniz")
    expect(page.locator(".md-search__suggest")).to_contain_text("tokenizer")


def test_another_page_comes_without_loading_the_site_again(opened):
    visit = opened()
    visit.page.evaluate("window.sameDocument = true")  # lost if a page were loaded as a whole
    visit.page.get_by_role("link", name="Start reading").click()
    expect(visit.page.locator("h1")).to_contain_text("Remote execution")
    for _ in range(5):
        visit.page.locator(".md-footer__link--next").click()
        settle(visit.page)
    expect(visit.page.locator("h1")).to_contain_text("attention patterns")
    visit.page.locator(".md-footer__link--prev").click()
    visit.page.go_back()
    settle(visit.page)
    assert visit.page.evaluate("window.sameDocument") is True
    assert visit.fetched("circuitsvis.js") == 1
    assert visit.refused == visit.complaints == []


def test_a_tab_that_was_chosen_stays_chosen_on_other_pages(opened, guide):
    page = opened().page
    page.locator("label", has_text=ON_NDIF).click()
    page.goto(f"{guide.address}contributing/")
    settle(page)
    tabs = page.locator(".tabbed-set", has_text=ON_NDIF)
    expect(tabs.get_by_role("radio").last).to_be_checked()
    expect(tabs.locator(".tabbed-block").last).to_be_visible()


def test_dark_mode_is_what_the_system_says_until_the_reader_says_otherwise(opened, guide):
    page = opened(color_scheme="dark").page
    body = page.locator("body")
    expect(body).to_have_attribute("data-md-color-scheme", "slate")
    assert sum(map(int, background(page)[:3])) < 120
    page.get_by_title("Switch to light mode").click()
    expect(body).to_have_attribute("data-md-color-scheme", "default")
    page.goto(f"{guide.address}{CHAPTER}")
    expect(body).to_have_attribute("data-md-color-scheme", "default")
    assert sum(map(int, background(page)[:3])) > 700


def background(page) -> list[str]:
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return re.findall(r"\d+", colour)


@pytest.mark.parametrize("path", [CHAPTER, FIGURES, "chapters/remote-execution/"])
@pytest.mark.parametrize("width", [390, 1440])
def test_a_chapter_can_be_walked_through_with_the_keyboard_alone(opened, path, width):
    page = opened(path, width=width).page
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    asked = page.evaluate(REACHABLE)
    reached: set[int] = set()
    for _ in range(600):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUSED)
        if focus is None:
            break  # the end of the page: nothing holds the focus fast
        reached |= set(focus["asked"])
    else:
        pytest.fail(f"Tab never leaves the page: {focus['html']}")
    assert [html for number, html in enumerate(asked) if number not in reached] == []
    assert len(asked) > 15


def test_a_folded_answer_opens_with_the_keyboard(opened):
    page = opened(CHAPTER).page
    answer = page.locator("details.question").first
    answer.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(answer.locator("p").first).to_be_visible()


def test_print_shows_the_chapter_with_its_answers_and_without_the_frame(opened):
    page = opened(FIGURES).page
    folded = page.locator("details:not([open])").count()
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    for frame in (".md-header", ".md-tabs", ".md-sidebar", ".md-footer"):
        for part in page.locator(frame).all():
            expect(part).to_be_hidden()
    for answer in page.locator("details > :last-child").all():
        expect(answer).to_be_visible()
    for picture in page.locator(".guide-figure-still").all():
        assert picture.evaluate("svg => getComputedStyle(svg).opacity") == "1"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator("details:not([open])")).to_have_count(folded)


@pytest.mark.parametrize("path", ["", CHAPTER, FIGURES])
def test_without_javascript_everything_is_there_to_read(visitor, guide, path):
    visit = visitor(guide.address, java_script_enabled=False)
    page = visit.page
    page.goto(f"{guide.address}{path}")
    for part in page.locator("h1, h2, .guide-cell:not(details *), .guide-output:visible").all():
        expect(part).to_be_visible()
    for picture in page.get_by_role("img", name="Attention patterns of").all():
        expect(picture).to_be_visible()
    page.locator(".md-footer__link--next").click()
    expect(page.locator("h1")).to_be_visible()
    assert visit.refused == []


def test_a_site_in_a_folder_is_read_searched_and_drawn(visitor, offline):
    visit = visitor("file://")
    page = visit.page
    page.goto((offline / "index.html").as_uri())
    settle(page)
    search(page, "attention mask")
    page.locator(".md-search-result__link").first.click()
    expect(page).to_have_url(re.compile(r"^file:.*/chapters/tokenizers\.html"))
    page.goto((offline / "exercises" / "attention-patterns.html").as_uri())
    settle(page)
    expect(page.locator(".guide-figure-drawn").first.locator("figure")).to_have_count(16)
    page.locator(".guide-model").get_by_role("link", name="demo model").click()
    expect(page.locator("h1")).to_contain_text("The demo model")
    assert visit.refused == []
    assert [text for text in visit.complaints if "file://" not in text] == []


def test_every_link_of_a_site_in_a_folder_names_a_file(offline):
    for path in sorted(offline.rglob("*.html")):
        if path.name == "404.html":
            continue  # only a server shows it
        for way in re.findall(r'(?:href|src)="([^"#?:]+)["#?]', path.read_text("utf-8")):
            assert (path.parent / way).is_file(), f"{path.relative_to(offline)}: {way}"


def test_every_page_of_the_guide_can_be_edited_and_found(guide):
    sitemap = (guide.folder / "sitemap.xml").read_text()
    for source, path in zip(SOURCES, PAGES, strict=False):
        html = (guide.folder / path / "index.html").read_text()
        assert f'href="https://github.com/someone/guide/edit/main/docs/{source}"' in html
        assert f"<loc>{guide.address}{path}</loc>" in sitemap
        assert 'rel="icon" href="' in html


def test_tools_find_every_page_as_markdown(guide):
    listed = (guide.folder / "llms.txt").read_text()
    for path in PAGES[:-1]:
        assert f"]({guide.address}{path}index.md)" in listed
        text = (guide.folder / path / "index.md").read_text()
        html = (guide.folder / path / "index.html").read_text()
        assert text.startswith("# ")
        assert 'type="text/markdown" href="index.md"' in html
        assert text.count("```") % 2 == 0
        assert "<div" not in text
        assert text.count("Output:") >= html.count('class="guide-output"')


def test_a_page_that_is_not_there_leads_on(opened):
    page = opened("404.html").page
    page.get_by_role("link", name="the first page").click()
    expect(page.locator("h1")).to_contain_text("Look inside")


def test_the_page_for_authors_names_every_target_of_make():
    targets = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    text = (ROOT / "docs" / "contributing.md").read_text("utf-8")
    told = re.findall(r"^\| `make ?([a-z-]*)`", text, re.MULTILINE)
    assert sorted(target for target in told if target) == sorted({*targets} - {"help"})
