"""What a letter costs in the browser, in counts: each thing is done once, and none for nothing."""

import pytest

from tests.support.live_figure import drawn, opened, prompt

pytestmark = pytest.mark.local

# How often each of these is called, and how often a canvas is given another size.
COUNT = """() => {
    window.counted = {};
    const count = name => { counted[name] = (counted[name] ?? 0) + 1; };
    const around = (of, name) => {
        const own = of[name];
        of[name] = function (...given) { count(name); return own.apply(this, given); };
    };
    for (const name of ["putImageData", "strokeRect", "measureText"])
        around(CanvasRenderingContext2D.prototype, name);
    around(liveEngine.Engine.prototype, "run");
    around(gptj.Model.prototype, "forward");
    around(history, "replaceState");
    const {set, ...own} = Object.getOwnPropertyDescriptor(HTMLCanvasElement.prototype, "width");
    Object.defineProperty(HTMLCanvasElement.prototype, "width",
        {...own, set(value) { count("width"); set.call(this, value); }});
    new MutationObserver(records => records.forEach(({target}) => count(target.nodeName)))
        .observe(document.querySelector(".guide-live-code"), {childList: true, subtree: true});
}"""


def counted(page, key):
    """Return what is counted from a key to the end of its frame."""
    page.evaluate("for (const name of Object.keys(counted)) delete counted[name]")
    page.keyboard.press(key)
    drawn(page)
    return page.evaluate("({...counted})")


def test_a_letter_has_each_panel_drawn_once_and_the_model_run_once(visit):
    page = opened(visit)
    page.evaluate(COUNT)
    page.keyboard.press("End")
    drawn(page)
    once = {"run": 1, "forward": 1, "putImageData": 16, "strokeRect": 1, "CODE": 1}
    assert counted(page, "s") == once
    assert counted(page, "Backspace") == once
    assert counted(page, "ArrowLeft") == {}
    # Only what has become too long has a canvas grow, once for each head.
    prompt(page, " the" * 20)
    prompt(page, " the" * 3)
    assert counted(page, "s") == once
    page.get_by_role("switch", name="Head 3", exact=True).click()
    page.locator(".guide-live-prompt input").focus()
    drawn(page)
    assert counted(page, "s") == {**once, "forward": 2}
    assert visit.complaints == []


def test_a_letter_has_the_page_laid_out_once_beside_the_browser_s_own_for_the_field(visit):
    page = opened(visit)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def layouts():
        metrics = session.send("Performance.getMetrics")["metrics"]
        return next(each["value"] for each in metrics if each["name"] == "LayoutCount")

    page.keyboard.press("End")
    drawn(page)
    found = []
    for number in range(8):
        before = layouts()
        page.keyboard.press("Backspace" if number % 2 else "s")
        drawn(page)
        found.append(layouts() - before)
    # What is said after a rest may fall into one of them.
    assert sorted(found)[:4] == [2] * 4


def test_what_a_map_shows_is_stretched_over_all_of_it(visit):
    page = opened(visit)
    for text, size in ((" the" * 3, 3), (" the" * 16, 16), (" the" * 17, 17), (" the", 1)):
        prompt(page, text)
        assert page.locator(".guide-live-chips > span").count() == size
        for canvas in page.locator(".guide-live-map canvas").all()[::5]:
            shown, whole = canvas.evaluate(
                """(map, size) => [map.getBoundingClientRect().width * size / map.width,
                    map.parentElement.clientWidth]""",
                size,
            )
            assert shown == pytest.approx(whole, abs=1)
