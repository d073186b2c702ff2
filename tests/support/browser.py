"""A reader's browser: what it asks of a site, what it complains of, and what a test asks a page."""

import functools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import axe_playwright_python
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Route, expect

from tests.support.services import Quiet, serving

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    # Else a processor that emulates a graphics card draws: half of the work of these tests.
    "--disable-software-rasterizer",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
expect.set_options(timeout=30_000)  # milliseconds: a machine that has other work is slow to draw
HOW_TO_GET_IT = "no Chromium here: `apt-get install chromium`, or set CHROME to one"


@dataclass(frozen=True)
class Site:
    """A built site, and the address at which it is served."""

    folder: Path
    address: str


class QuietHandler(Quiet, SimpleHTTPRequestHandler):
    """Hands out the files of a folder."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port of 127.0.0.1."""
    with serving(functools.partial(QuietHandler, directory=str(folder))) as address:
        yield f"{address}/"


@dataclass
class Visit:
    """A page of the browser, and what it asked for and complained of."""

    page: Page
    own: str
    asked: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.route("**/*", self._let_own_through)
        self.page.on("console", self._hear)
        self.page.on("pageerror", self._catch)

    def leave(self) -> None:
        """Hear no more of the page, which is to be another visit's."""
        self.page.unroute("**/*", self._let_own_through)
        self.page.remove_listener("console", self._hear)
        self.page.remove_listener("pageerror", self._catch)

    def fetched(self, name: str) -> int:
        """How often the file of that name was asked for."""
        return sum(urlsplit(url).path.endswith(f"/{name}") for url in self.asked)

    def _let_own_through(self, route: Route) -> None:
        url = route.request.url
        self.asked.append(url)
        if url.startswith((self.own, "data:", "blob:")):
            route.fallback()
        else:
            self.refused.append(url)
            route.abort()

    def _catch(self, error: Error) -> None:
        self.complaints.append(f"uncaught: {error}")

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)


@dataclass
class Profiles:
    """The profiles of a browser, by their settings: each is used again, as if it were new.

    To begin and to end one costs nearly a second of processor time, and so would each test that
    opens a page. What keeps one going is a blank page, which nobody else sees.
    """

    browser: Browser
    free: dict[str, list[Page]] = field(default_factory=dict)

    @contextmanager
    def visit(self, own: str, **settings: Any) -> Iterator[Visit]:
        """Open a page in a profile that nobody else has meanwhile, and in which nothing is kept."""
        free = self.free.setdefault(json.dumps(settings, sort_keys=True), [])
        blank = free.pop() if free else self.browser.new_context(**settings).new_page()
        yield Visit(blank.context.new_page(), own)
        for page in blank.context.pages:
            if page != blank:
                page.close()
        parts = urlsplit(own)
        everything = {"origin": f"{parts.scheme}://{parts.netloc}", "storageTypes": "all"}
        blank.context.new_cdp_session(blank).send("Storage.clearDataForOrigin", everything)
        free.append(blank)


AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")

# Contrast takes axe most of its time, and looks at each of a thousand words of code on its own. So
# texts that look the same, on the same grounds, are looked at once: the first of each kind. What is
# cut off, as by a box that scrolls, is a kind of its own: axe may not be able to judge it.
FAULTS = """async exclude => {
    const kinds = new Set();
    const kindOf = box => {
        const style = getComputedStyle(box);
        const own = box.getBoundingClientRect();
        const isIn = frame => own.left >= frame.left - 1 && own.right <= frame.right + 1
            && own.top >= frame.top - 1 && own.bottom <= frame.bottom + 1;
        let isWhole = own.width > 1 && own.height > 1;
        const kind = [style.color, style.fontSize, style.fontWeight, style.textShadow];
        for (let up = box; up; up = up.parentElement) {
            const ground = getComputedStyle(up);
            kind.push(ground.backgroundColor, ground.backgroundImage);
            kind.push(ground.opacity, ground.filter);
            isWhole &&= ground.overflow === "visible" || isIn(up.getBoundingClientRect());
        }
        kind.push(isWhole && own.left >= 0 && own.right <= document.documentElement.clientWidth);
        return kind.filter(value => !["none", "1", "rgba(0, 0, 0, 0)"].includes(value)).join();
    };
    for (const box of document.body.querySelectorAll("*")) {
        const isRead = [...box.childNodes].some(node => node.nodeType === 3 && node.data.trim())
            && box.checkVisibility({visibilityProperty: true})
            && !exclude.some(part => box.closest(part));
        box.toggleAttribute("data-kind", isRead && kinds.size < kinds.add(kindOf(box)).size);
    }
    axe.configure({rules: [{id: "color-contrast", selector: "[data-kind]"}]});
    return (await axe.run({exclude}, {resultTypes: ["violations"]})).violations
        .flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 160)}`));
}"""

# All that Tab should reach in what is read: links, buttons, folds, tabs, and boxes that scroll.
REACHABLE = """() => {
    const seen = box => box.checkVisibility({visibilityProperty: true});
    const scrolls = box => ["auto", "scroll"].includes(getComputedStyle(box).overflowX)
        && (box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1);
    const boxes = [...document.querySelectorAll("article :not([tabindex='-1'])")].filter(seen);
    const asked = boxes.filter(box => scrolls(box)
        || box.matches("a[href], summary, button, select, [role=button], input:checked"));
    asked.forEach((box, number) => box.dataset.asked = number);
    return asked.map(box => box.outerHTML.slice(0, 120));
}"""
FOCUSED = """() => {
    const box = document.activeElement;
    if (box === document.body) return null;
    // Who is in a box that scrolls has reached the box.
    const parents = [];
    for (let up = box; up; up = up.parentElement)
        if (up.dataset?.asked) parents.push(Number(up.dataset.asked));
    return {asked: parents, html: box.outerHTML.slice(0, 120)};
}"""

PAINT = """() => new Promise(resolve => new PerformanceObserver(list =>
    resolve(list.getEntries().at(-1).startTime))
    .observe({type: "largest-contentful-paint", buffered: true}))"""


def faults(page: Page, but_for: str | None = None) -> list[str]:
    """Return what axe finds wrong with what the page shows now, but for a part of it."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    return list(page.evaluate(FAULTS, [but_for] if but_for else []))


def settle(page: Page) -> None:
    """Wait until the scripts of a page have done what they do on their own."""
    page.wait_for_load_state("networkidle")
    expect(page.locator(".guide-figure:not([data-drawn])")).to_have_count(0)
    page.wait_for_timeout(150)


def search(page: Page, words: str) -> None:
    """Type into the search, as a reader does, and wait for what it finds."""
    page.keyboard.press("/")
    expect(page.locator(".md-search__input")).to_be_focused()
    page.keyboard.type(words, delay=20)
    # The last letters may be under way when the first are found.
    whole = words.replace(" ", "+")
    found = page.locator(f".md-search-result__link[href*='h={whole}']")
    expect(found.filter(visible=True).first).to_be_visible()
