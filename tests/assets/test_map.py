"""A map of numbers, as a reader's browser shows it. All network but the site's own is refused."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from nnsight_guide.html.maps import Map, map_html
from tests.support.browser import Site, faults
from tests.support.figures import SCHEMES, TOKENS, site_of

LAYERS = [str(layer) for layer in range(5)]
# Every strength that there is, so that each of its colours is looked at.
SHARES = [[(10 * layer + token) / 49 for token in range(10)] for layer in range(5)]
PROBABILITIES = Map(
    title="What each layer would say",
    columns_are="token",
    columns=TOKENS,
    rows_are="layer",
    rows=LAYERS,
    values_are="probability",
    values=[[round(share, 2) for share in row] for row in SHARES],
    form=".2f",
    texts=[[f" word{layer}{token}" for token in range(10)] for layer in range(5)],
    end=1,
    diverges=False,
)
EFFECTS = Map(
    title="What each patch restores",
    columns_are="token",
    columns=TOKENS,
    rows_are="layer",
    rows=LAYERS,
    values_are="effect",
    values=[[round(2 * share - 1, 2) for share in row] for row in SHARES],
    form=".2f",
    texts=None,
    end=1,
    diverges=True,
)

MAP = ".guide-map"
CELL = f"{MAP} td[style]"
SAID = ".guide-map-said"
TOP = "box => box.getBoundingClientRect().top + scrollY"
# The colours of each text, as a canvas paints them: text, and what it stands on.
COLOURS = """elements => {
    const context = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
    const painted = colours => {
        context.clearRect(0, 0, 1, 1);
        for (const colour of colours) {
            context.fillStyle = colour;
            context.fillRect(0, 0, 1, 1);
        }
        return [...context.getImageData(0, 0, 1, 1).data];
    };
    return elements.map(element => {
        const under = [];
        for (let up = element; up; up = up.parentElement)
            under.unshift(getComputedStyle(up).backgroundColor);
        return [painted([...under, getComputedStyle(element).color]), painted(under)];
    });
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A page with two maps, and one that leads to it."""
    one, other = map_html(PROBABILITIES), map_html(EFFECTS)
    pages = {
        "index.md": "# Start\n\n[On to the maps](maps.md)\n",
        "maps.md": f"# Maps\n\n{one}\n\n{other}\n\nAfter.\n",
    }
    with site_of(tmp_path_factory.mktemp("maps"), pages) as site:
        yield site


def luminance(colour: list[int]) -> float:
    shares = [part / 255 for part in colour[:3]]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrasts(texts: Locator) -> list[float]:
    """WCAG's contrast of each text with what it stands on."""
    pairs = texts.evaluate_all(COLOURS)
    lights = [sorted(map(luminance, pair), reverse=True) for pair in pairs]
    return [(lighter + 0.05) / (darker + 0.05) for lighter, darker in lights]


def opened(visitor, site: Site, **settings) -> Page:
    visit = visitor(site.address, **settings)
    visit.page.goto(f"{site.address}maps/")
    if settings.get("java_script_enabled", True):
        expect(visit.page.locator(f"{MAP}[data-ready]")).to_have_count(2)
    return visit.page


@pytest.mark.parametrize("media", ["screen", "print"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_text_can_be_read_on_its_colour(visitor, site, scheme, media):
    page = opened(visitor, site, color_scheme=scheme)
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", SCHEMES[scheme])
    page.emulate_media(media=media)
    cells = page.locator(CELL)
    assert cells.count() == 100
    assert min(contrasts(cells)) >= 4.5
    assert min(contrasts(page.locator(f"{MAP} :is(small, th, caption, .guide-map-scale)"))) >= 4.5
    # Each number has a colour of its own, and the strongest stand out from the weakest.
    colours = [tuple(ground) for _, ground in cells.evaluate_all(COLOURS)]
    one, other = colours[:50], colours[50:]
    assert len(set(one)) == 50
    lights = [luminance(list(colour)) for colour in one]
    assert lights == sorted(lights, reverse=lights[0] > lights[-1])
    assert abs(lights[0] - lights[-1]) > 0.1
    assert other[0] not in one  # below 0 is another colour
    assert other[-1] == one[-1]
    assert faults(page) == []


def test_what_a_cell_says_is_said_in_full_where_it_is_pointed_at(visitor, site):
    page = opened(visitor, site)
    said = page.locator(SAID)
    page.locator(CELL).nth(23).hover()
    expect(said.first).to_have_text("layer 2, token el: word23 0.47")
    page.locator(CELL).nth(50).hover()
    expect(said.first).to_have_text("")
    expect(said.last).to_have_text("layer 0, token The: -1.00")


def test_the_keyboard_enters_a_map_once_and_goes_from_cell_to_cell(visitor, site):
    page = opened(visitor, site)
    page.locator(CELL).first.focus()
    said = page.locator(SAID).first
    expect(said).to_have_text("layer 0, token The: word00 0.00")
    for key, now in (
        ("ArrowUp", "layer 0, token The: word00 0.00"),  # there is nothing above
        ("ArrowRight", "layer 0, token E: word01 0.02"),
        ("ArrowDown", "layer 1, token E: word11 0.22"),
        ("ArrowLeft", "layer 1, token The: word10 0.20"),
        ("ArrowLeft", "layer 1, token The: word10 0.20"),
    ):
        page.keyboard.press(key)
        expect(said).to_have_text(now)
    focused = page.locator(f"{CELL}:focus")
    expect(focused).to_have_css("outline-style", "solid")
    page.keyboard.press("Tab")
    expect(said).to_have_text("")
    expect(page.locator(SAID).last).to_have_text("layer 0, token The: -1.00")
    page.keyboard.press("Shift+Tab")  # back to where the reader was
    expect(said).to_have_text("layer 1, token The: word10 0.20")


def test_a_pointer_that_leaves_gives_the_line_back_to_the_focus(visitor, site):
    page = opened(visitor, site)
    page.locator(CELL).first.focus()
    page.locator(CELL).nth(34).hover()
    expect(page.locator(SAID).first).to_have_text("layer 3, token Tower: word34 0.69")
    page.mouse.move(0, 0)
    expect(page.locator(SAID).first).to_have_text("layer 0, token The: word00 0.00")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_phone_scrolls_the_map_and_not_the_page(visitor, site, javascript):
    page = opened(visitor, site, width=390, java_script_enabled=javascript, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    last = page.locator(CELL).nth(9)
    last.scroll_into_view_if_needed()
    box = last.bounding_box()
    assert box["x"] + box["width"] <= 390
    name = page.locator(f"{MAP} tbody th").first.bounding_box()
    assert 0 <= name["x"] < box["x"]  # the name of the row has stayed
    assert page.evaluate("scrollX") == 0
    if javascript:
        last.tap()
        expect(page.locator(SAID).first).to_have_text("layer 0, token of: word09 0.18")
        assert faults(page) == []


def test_without_javascript_a_map_is_a_table_with_a_title_and_names(visitor, site):
    page = opened(visitor, site, java_script_enabled=False)
    table = page.get_by_role("table", name="What each layer would say")
    expect(table).to_be_visible()
    told = page.locator(MAP).first.aria_snapshot()
    assert 'row "0 word00 0.00' in told
    assert 'columnheader "Tower"' in told
    assert "Largest 1.00 (“ word49”) at layer 4, token of." in re.sub(r"\s+", " ", told)
    assert page.locator(SAID).first.inner_text() == ""


def test_print_shows_the_whole_map_and_not_the_line_of_one_cell(visitor, site):
    page = opened(visitor, site, width=700)
    page.locator(CELL).first.hover()
    page.emulate_media(media="print")
    expect(page.locator(SAID).first).to_be_hidden()
    for box in page.locator(".guide-map-scroll").all():
        assert box.evaluate("box => getComputedStyle(box).overflowX") == "visible"


@pytest.mark.parametrize("width", [390, 1440])
def test_what_follows_stays_where_it_is_when_a_cell_is_pointed_at(visitor, site, width):
    page = opened(visitor, site, width=width)
    below = page.locator(f"{MAP} + p").last
    before = below.evaluate(TOP)
    page.locator(CELL).nth(70).hover()
    expect(page.locator(SAID).last).not_to_have_text("")
    assert below.evaluate(TOP) == before


def test_maps_work_after_going_to_another_page_and_no_library_is_fetched(visitor, site):
    visit = visitor(site.address)
    visit.page.goto(site.address)
    visit.page.get_by_role("link", name="On to the maps").click()
    expect(visit.page.locator(f"{MAP}[data-ready]")).to_have_count(2)
    visit.page.locator(CELL).nth(1).hover()
    expect(visit.page.locator(SAID).first).to_have_text("layer 0, token E: word01 0.02")
    scripts = {url.rpartition("/")[2] for url in visit.asked if url.endswith(".js")}
    assert "map.js" in scripts
    assert not any("plotly" in name or "circuitsvis" in name for name in scripts)
    assert visit.refused == visit.complaints == []
