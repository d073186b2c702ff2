"""The live figure with the keyboard alone, read aloud, in all colours; and given nonsense."""

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from nnsight_guide.html.live import INVITATION, WITHOUT_SCRIPTS
from nnsight_guide.site.scripts import MODEL
from tests.support.browser import faults
from tests.support.figures import SCHEMES
from tests.support.live_figure import (
    EIFFEL,
    FIELD,
    IN_A_FOLDER,
    LIVE,
    NOTE,
    SENTENCE,
    SMALL,
    STRICT,
    VALUE,
    WHOLE,
    drawn,
    guesses,
    opened,
    prompt,
    shown,
)

pytestmark = pytest.mark.local
ALL = {
    "prompt": f"{EIFFEL} dog",
    **{"layer": 2, "head": 3, "off": "2.3,2.5,3.0"},
    **{"patch": "Big Ben is in the city of", "patch-layer": 1, "patch-position": 2},
    **{"from": "Rome", "to": "Paris", "steer-layer": 2, "strength": -0.5},
}
SPOKEN = ".guide-live-voice"
NONSENSE = {
    "no prompt": ({"prompt": ""}, "is empty"),
    "a head that is not there": ({"prompt": "a", "off": "0.16"}, "a number below 16"),
    "a layer that is not there": ({"prompt": "a", "off": "4.0"}, "a layer below 4"),
    "no head": ({"prompt": "a", "off": "a.b,,.,1.2.3"}, "A head to switch off"),
    "a layer to show": ({"prompt": "a", "layer": "-1"}, "The layer to show"),
    "a head to show": ({"prompt": "a", "head": "1e9"}, "The layer to show"),
    "instead": ({"prompt": "a", "off": "0.0", "instead": "<img src=x>"}, "zero or mean"),
    "an empty patch": ({"prompt": "a", "patch": ""}, "The second prompt is empty"),
    "a patch nowhere": ({"prompt": "a", "patch": "b"}, "layer of a patch"),
    "a patch too far": (
        {"prompt": "a", "patch": "b", "patch-layer": "0", "patch-position": "7"},
        "they have 1 and 1 tokens",
    ),
    "a city": ({"prompt": "a", "from": "Atlantis", "to": "Rome", "steer-layer": "0"}, "cities"),
    "strength": (
        {"prompt": "a", "from": "Paris", "to": "Rome", "steer-layer": "0", "strength": "x"},
        "is a number",
    ),
    "too long": ({"prompt": "a " * 5000}, "more than the 1000"),
}
TEXTS = {
    "empty": ("", "The prompt is empty: type a few words."),
    "too long": ("x" * 10_000, "The prompt has 10000 characters, more than the 1000"),
    "too many tokens": ("é" * 900, "tokens, more than the 100"),
    "spaces": ("   ", "not among the 969 tokens"),
    "NUL": ("a\x00b", "not among the 969 tokens"),
    "combining": (
        "Z\u0351\u036b\u0343a\u0334\u0335l\u0320g\u0321o\u035b",
        "not among the 969 tokens",
    ),
    "right to left": ("שלום \u202eעולם مرحبا", "not among the 969 tokens"),
    "half a letter": ("\ud800 and", "not among the 969 tokens"),
    "HTML": ("<img src=x onerror=alert(1)><script>", "not among the 969 tokens"),
}


def test_a_link_to_what_is_not_there_says_so_in_a_line_and_begins_as_ever(visit):
    for state, said in NONSENSE.values():
        page = opened(visit, **state)
        note = page.locator(NOTE)
        line = re.compile(rf"^The link asks for what is not there\. .*{said}.*$")
        expect(note).to_have_text(line)
        expect(page.locator(FIELD)).to_have_value(EIFFEL)
        assert guesses(page)[0] == "·Paris 99.8 %"
        page.get_by_role("switch", name="Head 0", exact=True).click()
        expect(note).to_have_text("")
    assert visit.complaints == visit.refused == []


def test_whatever_is_typed_has_its_one_line(visit):
    page = opened(visit)
    note = page.locator(NOTE)
    for text, said in TEXTS.values():
        prompt(page, text)
        expect(note).to_contain_text(said)
        assert "\n" not in note.inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") == 1440
        prompt(page, EIFFEL)
        expect(note).to_have_text("")
        assert guesses(page)[0] == "·Paris 99.8 %"
    page.get_by_role("switch", name="Patch").click()
    for text, said in TEXTS.values():
        page.get_by_label("Second prompt").fill(text)
        drawn(page)
        expect(note).to_contain_text("" if "969" in said else said.replace("The", "The second"))
    assert visit.complaints == visit.refused == []


@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_a_model_that_is_not_whole_is_told_in_a_line_and_the_next_touch_may_go_well(
    visit, figures, damage
):
    model = figures.folder / MODEL
    whole = model.read_bytes()
    model.unlink()
    if damage == "cut":
        model.write_bytes(whole[:50_000])
    page = visit.page
    try:
        page.goto(f"{visit.own}{WHOLE}")
        page.locator(FIELD).focus()
        expect(page.locator(NOTE)).to_have_text(re.compile(r"^demo-model\.bin .*page again\.$"))
        expect(page.locator(".guide-picture")).to_be_visible()
    finally:
        model.write_bytes(whole)
    page.locator(FIELD).press("End")
    page.locator(FIELD).press_sequentially(" Paris and")
    expect(page.locator(LIVE)).to_be_visible()
    expect(page.locator(FIELD)).to_have_value(f"{EIFFEL} Paris and")
    assert [text for text in visit.complaints if "Failed to load resource" not in text] == []


def test_all_of_it_can_be_done_with_the_keyboard_alone(visit):
    page = visit.page
    page.goto(f"{visit.own}{WHOLE}")
    keyboard = page.keyboard

    def tab_to(css: str, key: str = "Tab") -> None:
        for _ in range(60):
            if page.evaluate("css => document.activeElement.matches(css)", css):
                return
            keyboard.press(key)
        pytest.fail(f"Tab does not lead to {css}")

    tab_to(FIELD)
    expect(page.locator(LIVE)).to_be_visible()
    keyboard.press("End")
    for _ in range(2):
        keyboard.press("ControlOrMeta+Backspace")
    keyboard.type("city of")
    tab_to(".guide-live-suggestions button")
    keyboard.press("Enter")
    tab_to(".guide-live-heads input[type=radio]")
    keyboard.press("ArrowRight")
    keyboard.press("ArrowRight")
    tab_to(".guide-live-map")
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowLeft"):
        keyboard.press(key)
    drawn(page)
    expect(page.locator(".guide-live-large .guide-live-name")).to_have_text("Layer 2, head 5")
    keyboard.press("Tab")
    keyboard.press("Space")
    expect(page.locator(".guide-live-large .guide-live-name")).to_have_text("Layer 2, head 5 (off)")
    tab_to(".guide-live-canvas")
    keyboard.press("ArrowDown")
    expect(page.locator(VALUE)).to_have_text(re.compile(r"^“.of” looks at “.of”: \d\.\d\d\.$"))
    for _ in range(4):
        keyboard.press("ArrowLeft")
    expect(page.locator(VALUE)).to_have_text(re.compile(r"^“.of” looks at “.is”: \d\.\d\d\.$"))
    for _ in range(7):
        keyboard.press("ArrowUp")
    expect(page.locator(VALUE)).to_have_text("“iff” cannot look at “\xa0is”, which comes later.")
    tab_to(".guide-live-off-list button")
    tab_to(".guide-live-patch [role=switch]")
    keyboard.press("Space")
    tab_to(".guide-live-patch select")
    keyboard.press("ArrowDown")
    tab_to(".guide-live-steer [role=switch]")
    keyboard.press("Space")
    tab_to(".guide-live-steer input")
    keyboard.press("ArrowRight")
    drawn(page)
    code = page.locator(".guide-live-code code").inner_text()
    assert "off = [5]" in code
    assert "layers[3].output[0][:, -1] = state" in code
    assert "+= 1.25 * (toward - away)" in code
    tab_to(".guide-live-tools button", "Shift+Tab")
    tab_to(".guide-live-code pre")
    keyboard.press("Tab")
    assert not page.evaluate("document.activeElement.closest('.guide-live')")
    assert visit.complaints == []


def test_what_has_changed_is_said_once_after_a_rest(visit):
    page = opened(visit)
    page.evaluate(f"""() => {{
        window.said = [];
        new MutationObserver(() => said.push(document.querySelector("{SPOKEN}").textContent))
            .observe(document.querySelector("{SPOKEN}"), {{childList: true}});
    }}""")
    page.keyboard.press("End")
    page.keyboard.type(" Paris", delay=50)
    expect(page.locator(SPOKEN)).to_contain_text("comes next, with")
    page.get_by_role("switch", name="Head 3", exact=True).click()
    expect(page.locator(SPOKEN)).to_contain_text("without your changes")
    prompt(page, "")
    expect(page.locator(SPOKEN)).to_have_text("The prompt is empty: type a few words.")
    page.wait_for_timeout(1000)
    said = page.evaluate("said")
    assert len(said) <= 4
    assert len(set(said)) == len(said)


@pytest.mark.parametrize("path", [WHOLE, SMALL])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_and_no_page_is_too_wide(visitor, figures, scheme, path):
    visit = visitor(figures.address, color_scheme=scheme)
    page = opened(visit, path, **(ALL if path == WHOLE else {}))
    for width in (1440, 820, 390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(100)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        if width in (1440, 390):
            assert faults(page) == []
    assert visit.complaints == []


def test_colours_follow_the_scheme_and_the_system(visitor, figures):
    visit = visitor(figures.address)
    page = opened(visit)
    light = shown(page)["maps"]
    page.evaluate("document.body.dataset.mdColorScheme = 'slate'")
    drawn(page)
    dark = shown(page)["maps"]
    page.emulate_media(forced_colors="active")
    drawn(page)
    forced = shown(page)["maps"]
    assert light[0] != dark[0] != forced[0] != light[0]
    page.emulate_media(reduced_motion="reduce")
    moving = page.locator(f"{LIVE} *").evaluate_all(
        "all => all.filter(one => parseFloat(getComputedStyle(one).transitionDuration) > 0).length"
    )
    assert moving == 0


def test_without_javascript_the_picture_stands_with_a_sentence(visitor, figures):
    page = visitor(figures.address, java_script_enabled=False).page
    page.goto(f"{figures.address}{WHOLE}")
    expect(page.locator(".guide-picture")).to_be_visible()
    expect(page.get_by_text(WITHOUT_SCRIPTS)).to_be_visible()
    expect(page.locator(FIELD)).to_be_hidden()
    expect(page.get_by_text(INVITATION)).to_be_hidden()


# Not in the call itself, to which a debugger lets more pass.
EVAL = """() => new Promise(done => setTimeout(() => {
    try { done(eval("1")) } catch (error) { done(error.name) }
}))"""


def test_it_runs_without_eval_and_without_another_host(visit):
    page = opened(visit, STRICT, **ALL)
    expect(page.locator(SENTENCE)).not_to_be_empty()
    assert visit.complaints == visit.refused == []
    assert page.evaluate(EVAL) == "EvalError"  # the policy holds


def test_it_runs_from_a_folder(visitor, figures):
    visit = visitor("file://")
    page = visit.page
    page.goto(f"{(figures.folder / IN_A_FOLDER / 'index.html').as_uri()}?{urlencode(ALL)}")
    expect(page.locator(LIVE)).to_be_visible()
    assert guesses(page)
    assert [text for text in visit.complaints if "file://" not in text] == []
