"""What a test asks a page of the site, as JavaScript or as one step of a reader."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page, expect

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")

FAULTS = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
    .flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 160)}`))"""

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


def faults(page: Page) -> list[str]:
    """Return what axe finds wrong with what the page shows now."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    return list(page.evaluate(FAULTS))


def settle(page: Page) -> None:
    """Wait until the scripts of a page have done what they do on their own."""
    page.wait_for_load_state("networkidle")
    # A machine that has other work takes seconds to draw a figure.
    undrawn = page.locator(".guide-figure:not([data-drawn])")
    expect(undrawn).to_have_count(0, timeout=30_000)
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
