"""The live figure on pages of a small site, and what tests look at in it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page, expect

from nnsight_guide.html.figures import still_html
from nnsight_guide.html.live import PANELS, START, live_html
from nnsight_guide.site.scripts import FOLDER, MODEL, MODEL_OFFLINE, live_model
from tests.support.browser import Site, Visit
from tests.support.figures import drawing, site_of

WHOLE, SMALL = "whole/", "small/"
STRICT, IN_A_FOLDER = "strict/", "in-a-folder/"  # the whole, for those
# The strictest that the theme's own pages stand.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:"
)
EIFFEL = "The Eiffel Tower is in the city of"
LIVE = ".guide-live[data-live]"
FIELD = ".guide-live-prompt input"
NOTE = ".guide-live-note"
SENTENCE = ".guide-live-sentence"
VALUE = ".guide-live-large .guide-live-value"
# What comes when a figure is touched.
PARTS = {
    "load.js",
    MODEL.removeprefix(f"{FOLDER}/"),
    *(
        f"{name}.js"
        for name in (
            *("kept", "gptj", "tokenizer", "interventions", "nnsight_code", "engine"),
            *("parts", "link", "words", "prompt", "heads"),
            *("large", "answers", "changes", "code", "figure"),
        )
    ),
}


def figure(*panels: str, start: str = START, still: str = "") -> str:
    """Return the figure's HTML, for a page that lies one folder deep."""
    return live_html(
        panels or [name for name in PANELS if name != "more"],
        start=start,
        base="..",
        model=MODEL,
        page=f"../{WHOLE}",
        still=still,
    )


@contextmanager
def site_with_figures(root: Path) -> Iterator[Site]:
    """Serve a page without a figure, one with the whole, and one with two small ones.

    Two more have the whole: one under a strict policy, one that is to be opened from its folder.
    """
    off = figure("heads", "off", "next", "more", start=f"{START}&layer=2&head=1&off=2.1")
    pages = {
        "index.md": "# Start\n\nNone here. [The whole](whole.md)\n\n[Small ones](small.md)\n",
        "whole.md": f"# Whole\n\n{figure(still=still_html(drawing()))}\n\nAfter. "
        f"[Rome](?{urlencode({'prompt': 'The Colosseum is in the city of'})}) [Start](index.md)\n",
        "small.md": f"# Small\n\n{figure('heads', 'large')}\n\n{off}\n\n[Start](index.md)\n",
    }
    with site_of(root, pages) as site:
        (site.folder / MODEL).write_bytes(live_model(is_offline=False))
        (site.folder / MODEL_OFFLINE).write_bytes(live_model(is_offline=True))
        whole = (site.folder / WHOLE / "index.html").read_text(encoding="utf-8")
        strictly = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><meta '
        variants = {
            STRICT: whole.replace("<meta ", strictly, 1),
            IN_A_FOLDER: whole.replace(MODEL, MODEL_OFFLINE),
        }
        for name, html in variants.items():
            (site.folder / name).mkdir()
            (site.folder / name / "index.html").write_text(html, encoding="utf-8")
        yield site


def live_files(visit: Visit) -> list[str]:
    """Return what was fetched of the figure, in order."""
    return [url.rpartition("/")[2] for url in visit.asked if f"/{FOLDER}/" in url]


def opened(visit: Visit, path: str = WHOLE, **state: str | int) -> Page:
    """Open a page and touch its first figure, or follow a link with a state."""
    visit.page.goto(f"{visit.own}{path}" + (f"?{urlencode(state)}" if state else ""))
    if not state:
        visit.page.locator(FIELD).first.focus()
    expect(visit.page.locator(LIVE).first).to_be_visible()
    return visit.page


def drawn(page: Page) -> None:
    """Wait until what was asked for is drawn."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")


def prompt(page: Page, text: str) -> None:
    """Have this as the prompt of the first figure."""
    page.locator(FIELD).first.fill(text)
    drawn(page)


def texts(found: Locator) -> list[str]:
    """Return what is read in each of these, with plain spaces."""
    return [
        re.sub(r"\s+", " ", text.replace("\xa0", " ")).strip() for text in found.all_inner_texts()
    ]


def tokens(page: Page) -> list[str]:
    """Return the tokens as they are shown."""
    return page.locator(".guide-live-chips > span").all_inner_texts()


def guesses(page: Page) -> list[str]:
    """Return the lines of the most probable next tokens."""
    return texts(page.locator(".guide-live-next tbody tr:visible"))


def shown(page: Page) -> dict[str, object]:
    """Return all that the whole figure says of its state."""
    return {
        "tokens": tokens(page),
        "next": guesses(page),
        "lens": texts(page.locator(".guide-live-lens tbody tr")),
        "code": page.locator(".guide-live-code code").inner_text(),
        "off": texts(page.locator(".guide-live-off-list button")),
        "value": page.locator(VALUE).inner_text(),
        "maps": page.locator(".guide-live-map canvas").evaluate_all(
            "all => all.map(one => one.toDataURL())"
        ),
    }
