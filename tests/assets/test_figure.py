"""The figures, as a reader's browser shows them. All network but the site's own is refused."""

import functools
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browser import Site, Visit
from tests.support.figures import SCHEMES

FIGURE = ".guide-figure"
DRAWN = f"{FIGURE}[data-drawn]"
HEADS = ".guide-figure-drawn figure"
LARGE = ".guide-figure-drawn canvas >> nth=0"
STILL = ".guide-figure-still"

PIXELS = """canvas => [...canvas.getContext('2d')
    .getImageData(0, 0, canvas.width, canvas.height).data].join()"""


def open_figure(page: Page, address: str, name: str = "figure/") -> Page:
    page.goto(f"{address}{name}")
    wait_until_drawn(page)
    return page


def wait_until_drawn(page: Page) -> None:
    """circuitsvis paints its canvases a little after it has put them on the page."""
    expect(page.locator(DRAWN)).to_have_count(page.locator(FIGURE).count())
    page.wait_for_function(
        """selector => [...document.querySelectorAll(selector)].every(canvas =>
            canvas.getContext('2d').getImageData(0, 0, 1, 1).data[3] === 255)""",
        arg=".guide-figure-drawn canvas",
    )


@pytest.fixture(scope="module")
def look(browser: Browser, site: Site) -> Iterator[Callable[[str], Visit]]:
    """Opens a page once, for all tests that leave it as they find it."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})

    @functools.cache
    def look(name: str) -> Visit:
        visit = Visit(context.new_page(), site.address)
        open_figure(visit.page, site.address, name)
        return visit

    yield look
    context.close()


def expect_picture(canvas: Locator, pixels: str) -> None:
    canvas.page.wait_for_function(
        f"([canvas, pixels]) => ({PIXELS})(canvas) === pixels",
        arg=[canvas.element_handle(), pixels],
    )


def top_of_what_follows(page: Page) -> float:
    return float(page.locator(f"{FIGURE} + p").evaluate("p => p.getBoundingClientRect().top"))


def test_a_figure_draws_all_sixteen_heads(look):
    visit = look("figure/")
    page = visit.page
    assert page.locator(HEADS).all_inner_texts() == [f"Head {i}" for i in range(16)]
    for canvas in page.locator(f"{HEADS} canvas").all():
        picture = list(map(int, canvas.evaluate(PIXELS).split(",")))
        assert len(picture) == 10 * 10 * 4
        rows = [picture[i : i + 40] for i in range(0, 400, 40)]
        assert min(rows[0][:3]) < 80  # the first token has nothing but itself to look at
        ahead = [rows[i][4 * j : 4 * j + 3] for i in range(10) for j in range(i + 1, 10)]
        assert ahead == [[255, 255, 255]] * 45
    assert visit.refused == []
    assert visit.complaints == []


def test_hovering_over_a_head_shows_it_large_and_leaving_takes_it_back(look):
    page = look("figure/").page
    large = page.locator(LARGE)
    before = large.evaluate(PIXELS)
    for number in (5, 14):
        head = page.locator(HEADS).nth(number)
        head.hover()
        expect_picture(large, head.locator("canvas").evaluate(PIXELS))
    page.mouse.move(0, 0)
    expect_picture(large, before)


def test_a_head_that_is_selected_stays_and_colours_the_tokens(visitor, site):
    page = open_figure(visitor(site.address).page, site.address)
    token = page.locator(".tokens button").nth(3)
    before = token.evaluate("button => button.style.backgroundColor")
    head = page.locator(HEADS).nth(7)
    head.click()
    page.mouse.move(0, 0)
    expect_picture(page.locator(LARGE), head.locator("canvas").evaluate(PIXELS))
    assert token.evaluate("button => button.style.backgroundColor") != before


def test_a_head_can_be_selected_with_the_keyboard(visitor, site):
    page = open_figure(visitor(site.address).page, site.address)
    head = page.get_by_role("button", name="Head 3", exact=True)
    head.focus()
    page.keyboard.press("Enter")
    expect_picture(page.locator(LARGE), head.locator("canvas").evaluate(PIXELS))
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect_picture(page.locator(LARGE), page.locator(f"{HEADS} canvas").nth(4).evaluate(PIXELS))


def test_a_figure_is_drawn_again_after_going_to_another_page_and_back(visitor, site):
    visit = visitor(site.address)
    page = open_figure(visit.page, site.address)
    page.evaluate("window.sameDocument = true")  # lost if a page were loaded as a whole
    for way_back in (page.go_back, page.get_by_role("link", name="On to the figure").click):
        page.get_by_role("link", name="Back", exact=True).click()
        expect(page.get_by_role("heading", name="Start")).to_be_visible()
        expect(page.locator(FIGURE)).to_have_count(0)
        way_back()
        expect(page.get_by_role("heading", name="Figure")).to_be_visible()
        wait_until_drawn(page)
        expect(page.locator(HEADS)).to_have_count(16)
        page.locator(HEADS).nth(2).hover()
        expect_picture(page.locator(LARGE), page.locator(f"{HEADS} canvas").nth(2).evaluate(PIXELS))
    assert page.evaluate("window.sameDocument") is True
    assert visit.fetched("circuitsvis.js") == 1
    assert visit.refused == []
    assert visit.complaints == []


def test_a_page_without_a_figure_fetches_nothing_for_one(visitor, site):
    visit = visitor(site.address)
    visit.page.goto(site.address)
    visit.page.wait_for_load_state("networkidle")
    assert visit.fetched("figure.js") == 1
    assert visit.fetched("circuitsvis.js") == 0
    visit.page.get_by_role("link", name="On to the figure").click()
    expect(visit.page.get_by_role("heading", name="Figure")).to_be_visible()
    wait_until_drawn(visit.page)
    assert visit.fetched("circuitsvis.js") == 1


def test_every_figure_of_a_page_is_drawn_even_the_same_one_twice(look):
    visit = look("several/")
    heads = visit.page.locator(".guide-figure-drawn")
    assert [box.locator("figure").count() for box in heads.all()] == [16, 16, 3]
    assert visit.fetched("circuitsvis.js") == 1
    assert visit.complaints == []


def test_tokens_that_look_like_html_are_shown_and_not_run(look):
    page = look("several/").page
    tokens = page.locator(".guide-figure-drawn").last.locator(".tokens button").all_inner_texts()
    assert tokens[:2] == ["<b>bold", "&amp;"]
    assert tokens[2].startswith("</script>")
    assert tokens[3:] == ["↵", '"']
    assert page.title() == "Several - Figures"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_text_of_a_figure_is_readable_in_both_schemes(visitor, site, scheme):
    page = open_figure(visitor(site.address, color_scheme=scheme).page, site.address)
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", SCHEMES[scheme])
    expect(page.locator(FIGURE)).to_have_css("background-color", "rgb(255, 255, 255)")
    page.locator(HEADS).nth(8).click()
    texts = page.locator(":is(h4, figcaption, select, button)", has_text=re.compile(r"\S"))
    colours = texts.and_(page.locator(f"{FIGURE} *")).evaluate_all(
        "elements => elements.map(e => getComputedStyle(e).color)"
    )
    assert len(colours) == 3 + 16 + 1 + 10
    assert min(map(contrast_with_white, colours)) >= 4.5
    # circuitsvis colours the whole of a token; the text must stand on white all the same.
    for button in page.locator(".tokens button").all():
        white = re.compile(r"gradient\(rgb\(255, 255, 255\)")
        expect(button).to_have_css("background-image", white)


def contrast_with_white(colour: str) -> float:
    """WCAG's contrast of an opaque CSS colour with white."""
    shares = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_phone_never_scrolls_the_page_sideways(visitor, site, javascript):
    page = visitor(site.address, width=390, java_script_enabled=javascript, has_touch=True).page
    page.goto(f"{site.address}figure/")
    if javascript:
        wait_until_drawn(page)
        last = page.locator(HEADS).last
        last.tap()
        expect_picture(page.locator(LARGE), last.locator("canvas").evaluate(PIXELS))
        assert last.bounding_box()["width"] >= 44  # wide enough for a finger
        card = page.locator(FIGURE)
        assert card.evaluate("card => card.scrollWidth - card.clientWidth") == 0
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("width", [390, 560, 1440])
def test_the_text_below_stays_where_it_is_when_the_figure_is_drawn(visitor, site, width):
    page = visitor(site.address, width=width).page
    waiting = []
    page.route("**/circuitsvis.js", lambda route: waiting.append(route))
    page.goto(f"{site.address}figure/", wait_until="domcontentloaded")
    expect(page.locator(STILL)).to_be_visible()
    before = top_of_what_follows(page)
    while not waiting:
        page.wait_for_timeout(20)
    waiting[0].continue_()
    wait_until_drawn(page)
    assert top_of_what_follows(page) == pytest.approx(before, abs=1)


def test_without_javascript_the_still_picture_is_shown(visitor, site):
    page = visitor(site.address, java_script_enabled=False).page
    page.goto(f"{site.address}figure/")
    picture = page.get_by_role("img", name="Attention patterns of 16 heads over 10 tokens")
    expect(picture).to_be_visible()
    expect(page.locator(STILL)).to_have_css("opacity", "1")


def test_a_screen_reader_is_given_the_still_picture_beside_the_drawn_one(look):
    page = look("figure/").page
    expect(page.locator(STILL)).to_have_css("opacity", "0")
    told = page.locator(FIGURE).aria_snapshot()
    assert 'img "Attention patterns of 16 heads over 10 tokens' in told
    assert 'group "Interactive attention patterns"' in told
    assert 'combobox "Direction of attention"' in told


def test_a_link_in_the_text_is_underlined_before_it_has_the_focus_then_and_after(visitor, site):
    page = visitor(site.address).page
    page.goto(site.address)
    link = page.get_by_role("article").get_by_role("link", name="On to the figure")
    expect(link).to_have_css("text-decoration-line", "underline")
    link.focus()
    expect(link).to_have_attribute("class", "focus-visible")  # the theme's script
    expect(link).to_have_css("text-decoration-line", "underline")
    link.blur()
    expect(link).to_have_attribute("class", "")
    expect(link).to_have_css("text-decoration-line", "underline")


def test_print_shows_the_still_picture_alone(look):
    page = look("figure/").page
    page.emulate_media(media="print")
    try:
        expect(page.locator(".guide-figure-drawn")).to_be_hidden()
        expect(page.locator(STILL)).to_have_css("opacity", "1")
    finally:
        page.emulate_media(media="screen")


def test_the_still_picture_stays_when_the_script_does_not_load(visitor, site):
    visit = visitor(site.address)
    visit.page.route("**/circuitsvis.js", lambda route: route.abort())
    with visit.page.expect_console_message(lambda m: "The figures stay still" in m.text):
        visit.page.goto(f"{site.address}figure/")
    expect(visit.page.locator(STILL)).to_have_css("opacity", "1")
    expect(visit.page.locator(DRAWN)).to_have_count(0)


def test_a_site_opened_from_the_disk_draws_its_figures(visitor, site):
    visit = visitor("file://")
    page = open_figure(visit.page, f"{site.folder.as_uri()}/", "figure/index.html")
    expect(page.locator(HEADS)).to_have_count(16)
    assert visit.refused == []
    assert [text for text in visit.complaints if "figure" in text or "circuitsvis" in text] == []
