"""The live figure in Firefox, as Debian ships it."""

import os
from collections.abc import Iterator

import pytest

from tests.support.firefox import HOW_TO_GET_FIREFOX, Firefox, firefox, found
from tests.support.live_figure import EIFFEL, FIELD, IN_A_FOLDER, LIVE, NOTE, STRICT, WHOLE

pytestmark = pytest.mark.local
END, RIGHT = "\ue010", "\ue014"  # keys, as WebDriver calls them
IS_LIVE = f"!!document.querySelector('{LIVE}')"
TEXT = "document.querySelector('{}').innerText"
GUESSES = """[...document.querySelectorAll(".guide-live-next tbody tr")]
    .filter(row => !row.hidden).map(row => row.innerText.replace(/\\s+/g, " ").trim())"""
PARIS = "·Paris 99.8 %"


@pytest.fixture(scope="module")
def fox() -> Iterator[Firefox]:
    program = found()
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail(HOW_TO_GET_FIREFOX)
        pytest.skip(HOW_TO_GET_FIREFOX)
    with firefox(program) as begun:
        yield begun
        # Of scripts, not of what Firefox says of a folder (no favicon, no search).
        assert [text for text in begun.complaints if "file:" not in text] == []


@pytest.mark.parametrize("place", [WHOLE, STRICT])
def test_it_comes_at_a_touch_and_answers_as_elsewhere(fox, figures, place):
    begun = len(fox.asked)
    fox.go(f"{figures.address}{place}")
    assert not any("demo-model" in url for url in fox.asked[begun:])
    fox.click(FIELD)
    fox.wait_for(IS_LIVE)
    assert fox.evaluate(GUESSES)[0] == PARIS
    fox.press(f"{END} dog")
    fox.wait_for(f"{TEXT.format(NOTE)}.includes('969 tokens')")
    fox.evaluate(f"document.querySelector({FIELD!r}).select()")
    fox.press(EIFFEL)
    fox.wait_for(f"{TEXT.format('.guide-live-sentence')}.includes('99.8')")
    fox.click(".guide-live-steer [role=switch]")
    fox.wait_for(f"({GUESSES})[0].startsWith('·Rome')")
    fox.click(".guide-live-heads label")
    fox.press(RIGHT * 2)
    fox.wait_for(f"{TEXT.format('.guide-live-large .guide-live-name')} === 'Layer 2, head 0'")
    dark = "[...document.querySelector('.guide-live-map canvas').getContext('2d')"
    assert fox.evaluate(f"{dark}.getImageData(0, 0, 1, 1).data].at(-1)") == 255
    assert all(url.startswith((figures.address, "data:")) for url in fox.asked[begun:])


def test_it_works_after_instant_navigation(fox, figures):
    fox.go(figures.address)
    fox.evaluate("void (window.sameDocument = true)")
    fox.evaluate("document.querySelector('article a[href*=whole]').click()")
    fox.wait_for(f"!!document.querySelector({FIELD!r})")
    fox.click(FIELD)
    fox.wait_for(IS_LIVE)
    assert fox.evaluate(GUESSES)[0] == PARIS
    assert fox.evaluate("window.sameDocument") is True


def test_it_runs_from_a_folder(fox, figures):
    fox.go((figures.folder / IN_A_FOLDER / "index.html").as_uri())
    fox.click(FIELD)
    fox.wait_for(IS_LIVE)
    assert fox.evaluate(GUESSES)[0] == PARIS
