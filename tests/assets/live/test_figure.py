"""The live figure in a reader's browser: it shows what the engine says, whatever is clicked."""

import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import expect

from tests.support.live_figure import (
    EIFFEL,
    FIELD,
    LIVE,
    NOTE,
    PARTS,
    SENTENCE,
    SMALL,
    VALUE,
    WHOLE,
    drawn,
    guesses,
    live_files,
    opened,
    prompt,
    shown,
    texts,
    tokens,
)

pytestmark = pytest.mark.local
BURJ = "The Burj Khalifa is in the city of"
TWICE = "Madrid Rome London Tokyo Berlin Madrid Rome London Tokyo"
PATCH = {"patch": BURJ, "patch-layer": 2, "patch-position": -1}
STEER = {"from": "Paris", "to": "Rome", "steer-layer": 2, "strength": 0.75}
OFF = {"off": "0.4,0.5,0.6,0.10"}
STATES = {
    "as it is": {"prompt": EIFFEL},
    "another layer and head": {"prompt": TWICE, "layer": 1, "head": 2},
    "heads off": {"prompt": TWICE, **OFF},
    "heads off, mean": {"prompt": EIFFEL, "off": "3.15,0.1", "instead": "mean", "layer": 3},
    "patch": {"prompt": EIFFEL, **PATCH},
    "patch at a position": {"prompt": EIFFEL, **PATCH, "patch-position": 4, "patch-layer": 0},
    "steer": {"prompt": EIFFEL, **STEER},
    "all": {"prompt": EIFFEL, **OFF, **PATCH, **STEER, "layer": 3, "head": 15},
    "unknown": {"prompt": 'Zebras "like"\n\t café 東京 \x00'},
}
# The same as the figure shows, asked of the engine itself; it holds against PyTorch elsewhere.
ASKED = """async () => {
    const engine = await guideLive.load(document.querySelector(".guide-live").dataset.model);
    const {state, layer} = liveLink.chosenBy(location.search);
    const {asItIs, changed} = engine.run(state);
    const {percent, visible} = liveParts;
    const answers = [asItIs, changed].filter(Boolean);
    const told = text => (text.startsWith(" ") ? "·" : "") + visible(text.replace(/^ /, ""));
    const lens = asItIs.lens.map((_, at) => [at, ...answers.flatMap(({lens}) =>
        [told(lens[at][0].text), percent(lens[at][0].p)])]);
    const best = answers.at(-1).top.map(({id, text}) => [told(text),
        ...answers.map(answer => percent(engine.probability(answer, id)))]);
    const {seqLen, room, attentions} = answers.at(-1);
    const heads = Array.from({length: 16}, (_, head) => Array.from({length: seqLen ** 2},
        (_, dot) => (head * room + Math.floor(dot / seqLen)) * room + dot % seqLen
    ).map(at => Math.round(255 * attentions[layer][at])));
    const joined = lines => lines.map(line => line.join(" ").replace(/\\s+/g, " "));
    return {lens: joined(lens), next: joined(best), code: engine.code(state), heads};
}"""
# As much of each canvas as is stretched over its map.
DRAWN = """all => all.map(map => {
    const size = Math.round(map.width / map.style.scale);
    const {data} = map.getContext("2d").getImageData(0, 0, size, size);
    return [...data].filter((_, at) => at % 4 === 3);
})"""


@pytest.mark.parametrize("name", STATES)
def test_what_is_shown_is_what_the_engine_says_and_a_link_brings_it_back(visitor, figures, name):
    visit = visitor(figures.address, permissions=["clipboard-read", "clipboard-write"])
    page = opened(visit, **STATES[name])
    said = shown(page)
    heads = page.locator(".guide-live-map canvas").evaluate_all(DRAWN)
    asked = page.evaluate(ASKED)
    assert said["lens"] == asked["lens"]
    assert said["next"][:5] == asked["next"]
    assert said["code"] == asked["code"]
    assert heads == asked["heads"]

    page.get_by_role("button", name="Copy a link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    state = {key: [str(value)] for key, value in STATES[name].items()}
    assert parse_qs(urlsplit(link).query) == {"layer": ["0"], "head": ["0"], **state}
    page.goto("about:blank")
    page.goto(link)
    expect(page.locator(LIVE)).to_be_visible()
    assert shown(page) == said
    assert visit.complaints == visit.refused == []


def test_all_is_drawn_again_at_every_letter(visit):
    page = opened(visit)
    assert tokens(page) == [
        "The",
        "·E",
        "iff",
        "el",
        "·Tower",
        "·is",
        "·in",
        "·the",
        "·city",
        "·of",
    ]
    before = shown(page)
    page.keyboard.press("End")
    page.keyboard.type(" Paris")
    drawn(page)
    after = shown(page)
    assert tokens(page)[-1] == "·Paris"
    assert [name for name, value in after.items() if value == before[name]] == ["off"]
    assert len(page.locator(".guide-live-map canvas").evaluate_all(DRAWN)[0]) == 11 * 11


def test_a_token_that_was_not_in_training_is_marked_and_said_to_mean_nothing(visit):
    page = opened(visit)
    note = page.locator(NOTE)
    expect(note).to_have_text("")
    prompt(page, "The dog is in the dog")
    assert texts(page.locator(".guide-live-unknown")) == ["·dog", "·dog"]
    expect(note).to_have_text(
        re.compile(r"“.dog” are not among the 969 tokens that this model has read\. .* nothing\.$")
    )
    prompt(page, EIFFEL)
    expect(note).to_have_text("")
    expect(page.locator(".guide-live-unknown")).to_have_count(0)


def test_suggestions_go_on_as_the_reader_has_begun_and_are_known(visit):
    page = opened(visit)
    buttons = page.locator(".guide-live-suggestions button")
    first = texts(buttons)
    for text in first:
        prompt(page, text)
        expect(page.locator(NOTE)).to_have_text("")
    prompt(page, "where is the co")
    assert all(text.startswith("Where is the Co") for text in texts(buttons))
    buttons.first.click()
    drawn(page)
    assert page.locator(FIELD).input_value().startswith("Where is the Co")
    expect(page.locator(NOTE)).to_have_text("")
    prompt(page, "nothing that it has read")
    assert texts(buttons) == first


def test_a_head_is_switched_off_and_on_and_zeros_are_told_from_means(visit):
    page = opened(visit, prompt=TWICE)
    first = guesses(page)
    for head in (4, 5, 6, 10):
        page.get_by_role("switch", name=f"Head {head}", exact=True).click()
    expect(page.locator(SENTENCE)).to_contain_text(re.compile("^Now “.*Berlin” had > 99.9"))
    zeros = guesses(page)
    page.get_by_text("its mean").click()
    drawn(page)
    assert guesses(page) not in (zeros, first)
    expect(page.locator(".guide-live-off .guide-live-hint")).to_contain_text("what it always says")
    for name in ("0.4", "0.5", "0.6", "0.10"):
        page.locator(".guide-live-off-list button", has_text=re.compile(f"^{name}\\s")).click()
    drawn(page)
    assert guesses(page) == first
    page.get_by_role("button", name="Layer 0: all off").click()
    drawn(page)
    expect(page.get_by_role("switch", name="Head", checked=True)).to_have_count(0)
    page.get_by_role("button", name="Layer 0: all on").click()
    drawn(page)
    assert guesses(page) == first


def test_patching_says_how_the_answer_moves_and_steering_moves_it(visit):
    page = opened(visit)
    page.get_by_role("switch", name="Patch").click()
    told = page.locator(".guide-live-told")
    expect(told).to_have_text(re.compile(r"^Alone, the second prompt answers “.Dubai”.*Paris”"))
    page.get_by_role("combobox", name="After layer").first.select_option("0")
    expect(page.locator(SENTENCE)).to_have_text(re.compile("^Still “.Paris”"))
    page.get_by_role("switch", name="Patch").click()
    page.get_by_role("switch", name="Steer").click()
    expect(page.locator(SENTENCE)).to_have_text(re.compile("^Now “.Rome”"))
    page.get_by_role("combobox", name="To", exact=True).select_option("Berlin")
    expect(page.locator(SENTENCE)).to_have_text(re.compile("^Now “.Berlin”"))
    page.get_by_label("Strength").fill("0")
    expect(page.locator(SENTENCE)).to_have_text(re.compile("^Still “.Paris”"))


def test_undo_goes_back_step_by_step_and_reset_to_the_beginning(visit):
    page = opened(visit)
    undo, reset = (page.get_by_role("button", name=name) for name in ("Undo", "Reset"))
    expect(undo).to_have_attribute("aria-disabled", "true")
    steps = [shown(page)]
    page.keyboard.press("End")
    page.keyboard.type(" Rome and")  # letters one after the other are one step
    drawn(page)
    for click in (
        lambda: page.get_by_role("switch", name="Head 3", exact=True).click(),
        lambda: page.get_by_text("its mean").click(),
        lambda: page.get_by_role("switch", name="Steer").click(),
    ):
        steps.append(shown(page))
        click()
        drawn(page)
    last = shown(page)
    for step in reversed(steps):
        undo.click()
        drawn(page)
        assert shown(page) == step
    expect(undo).to_have_attribute("aria-disabled", "true")
    undo.click(force=True)  # there is nothing to undo
    page.get_by_role("switch", name="Head 3", exact=True).click()
    page.get_by_text("2", exact=True).first.click()
    reset.click()
    drawn(page)
    assert shown(page) == steps[0] != last
    undo.click()
    drawn(page)
    assert shown(page)["off"]


def test_where_no_page_may_copy_the_text_is_shown_marked(visitor, figures):
    visit = visitor(figures.address)
    visit.page.add_init_script("delete Navigator.prototype.clipboard")
    page = opened(visit)
    page.get_by_role("button", name="Copy the code").click()
    assert page.evaluate("getSelection().toString()").startswith('prompt = "The Eiffel')
    assert visit.complaints == []


def test_nothing_comes_before_a_touch_and_then_all_of_it_once(visit):
    page = visit.page
    page.goto(visit.own)
    page.wait_for_load_state("networkidle")
    assert live_files(visit) == []
    page.get_by_role("link", name="The whole").click()
    expect(page.locator(".guide-live[data-ready]")).to_be_visible()
    page.mouse.move(600, 400)
    page.mouse.wheel(0, 300)
    page.wait_for_load_state("networkidle")
    assert {*live_files(visit)} == {"touch.js", "live.css"}
    page.locator(FIELD).click()
    expect(page.locator(LIVE)).to_be_visible()
    article = page.get_by_role("article")
    article.get_by_role("link", name="Start").click()
    article.get_by_role("link", name="Small ones").click()
    page.locator(FIELD).last.click()
    expect(page.locator(LIVE)).to_have_count(1)
    for n_figures in (0, 1):
        page.go_back()
        expect(page.locator(FIELD)).to_have_count(n_figures)
    page.locator(FIELD).click()
    expect(page.locator(LIVE)).to_have_count(1)
    drawn(page)
    assert guesses(page)[0] == "·Paris 99.8 %"
    come = live_files(visit)
    assert {*come} == {"touch.js", "live.css", *PARTS}
    assert [name for name in PARTS if come.count(name) > 1] == []
    assert visit.complaints == visit.refused == []


@pytest.mark.parametrize("touched", [True, False])
def test_a_link_on_the_page_itself_sets_the_figure(visit, touched):
    page = visit.page
    if touched:
        opened(visit)
    else:
        page.goto(f"{visit.own}{WHOLE}")
    page.wait_for_load_state("networkidle")
    page.evaluate("window.sameDocument = true")
    page.get_by_role("link", name="Rome").click()
    expect(page.locator(SENTENCE)).to_have_text(re.compile("^“.Rome” comes next"))
    expect(page.locator(FIELD)).to_have_value("The Colosseum is in the city of")
    assert page.url.endswith("?prompt=The+Colosseum+is+in+the+city+of")
    assert page.evaluate("window.sameDocument") is True
    if touched:
        page.get_by_role("button", name="Undo").click()
        expect(page.locator(FIELD)).to_have_value(EIFFEL)
    assert visit.complaints == []


def test_two_figures_of_a_page_do_not_take_each_others_numbers(visit):
    page = opened(visit, SMALL)
    value = page.locator(VALUE)
    page.locator(FIELD).last.focus()
    expect(page.locator(LIVE)).to_have_count(2)
    first = value.inner_text()
    page.locator(FIELD).last.fill(TWICE)
    drawn(page)
    page.locator(".guide-live-canvas").hover()
    page.locator(".guide-live-canvas").focus()
    page.mouse.move(0, 0)
    expect(value).to_have_text(first)
    more = page.get_by_role("link", name="everything").get_attribute("href")
    state = parse_qs(urlsplit(more).query)
    assert state == {"prompt": [TWICE], "layer": ["2"], "head": ["1"], "off": ["2.1"]}
    page.get_by_role("link", name="everything").click()
    expect(page.locator(FIELD)).to_have_count(1)
    expect(page).to_have_url(f"{visit.own}{WHOLE}?{urlencode(state, doseq=True)}")
    expect(page.locator(FIELD)).to_have_value(TWICE)
    assert visit.complaints == []
