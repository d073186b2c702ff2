"""What the live figure costs a reader: bytes, seconds until it is there, a keystroke, memory.

    make bench-live

A page with the whole figure is opened in Chromium, from a server that compresses nothing. A
keystroke is timed from the event of the key to the end of the frame in which all that it changes
is painted. Where the processor is slowed down, Chromium does so itself, four times.
"""

import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page, sync_playwright

from benchmarks.live import report
from benchmarks.shared import results
from nnsight_guide.site.scripts import FOLDER, MODEL, MODEL_OFFLINE
from tests.support.browser import HOW_TO_GET_IT, QUIET, Site
from tests.support.live_figure import EIFFEL, FIELD, LIVE, WHOLE, prompt, site_with_figures, tokens

OPENED = 7  # times, for the median
KEYS = 60
SLOWER = 4
FEW, MANY = 50, 1000  # keystrokes, after which memory is looked at
LONG = f"{EIFFEL} Paris. " * 4  # cut to 40 tokens

# When the figure is there, and painted.
WATCH = """
window.afterPaint = done => requestAnimationFrame(() => setTimeout(() => done(performance.now())));
new MutationObserver((_, observer) => {
    if (!document.querySelector(".guide-live[data-live]")) return;
    observer.disconnect();
    afterPaint(at => { window.thereAt = at; });
}).observe(document, {subtree: true, attributes: true, childList: true});"""
TIME_KEYS = """field => {
    window.keys = [];
    let pressed = 0;
    addEventListener("keydown", event => { pressed = event.timeStamp; }, true);
    field.addEventListener("input", () => {
        window.painted = new Promise(done => afterPaint(at => done(keys.push(at - pressed))));
    });
}"""
# The same without a keyboard, for many keystrokes in a row.
TYPE_MANY = """async (field, count) => {
    for (let number = 0; number < count; number++) {
        field.value = number % 2 ? field.value.slice(0, -1) : `${field.value}s`;
        field.dispatchEvent(new Event("input", {bubbles: true}));
        await painted;
    }
}"""
READY = """() => thereAt - Math.max(...performance.getEntriesByType("resource")
    .filter(({name}) => name.includes("/assets/live/")).map(({responseEnd}) => responseEnd))"""


def measure(program: str) -> dict[str, Any]:
    """Open the figure, type into it, and return the figures."""
    with (
        tempfile.TemporaryDirectory(prefix="nnsight-guide-live-") as folder,
        site_with_figures(Path(folder)) as site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.add_init_script(WATCH)
        session = page.context.new_cdp_session(page)
        ready = [opened(page, site) for _ in range(OPENED)]
        page.locator(FIELD).evaluate(TIME_KEYS)
        typed = {
            f"{count} tokens, {rate} × slower" if rate > 1 else f"{count} tokens": keystrokes(
                page, session, count, rate
            )
            for count in (10, 40)
            for rate in (1, SLOWER)
        }
        figures = {
            "browser": f"Chromium {browser.version.partition('.')[0]}",
            "bytes": sizes(site),
            "ready in ms": {"median": round(statistics.median(ready)), "of": OPENED},
            "keystroke in ms": typed,
            "memory": memory(page, session),
        }
        browser.close()
        return figures


def sizes(site: Site) -> dict[str, int]:
    """Return what comes at the first touch, in bytes: from a server, and from a folder."""
    folder = site.folder / FOLDER
    scripts = sum(path.stat().st_size for path in folder.rglob("*.js") if path.name != "touch.js")
    model, offline = ((site.folder / name).stat().st_size for name in (MODEL, MODEL_OFFLINE))
    before = sum((folder / name).stat().st_size for name in ("touch.js", "live.css"))
    scripts -= offline
    return {
        "with the page": before,
        "from a server": scripts + model,
        "from a folder": scripts + offline,
    }


def opened(page: Page, site: Site) -> float:
    """Open the page anew and touch the figure; return how long it took with all bytes there."""
    page.goto("about:blank")
    page.goto(f"{site.address}{WHOLE}")
    page.locator(FIELD).focus()
    page.locator(LIVE).wait_for()
    page.wait_for_function("window.thereAt")
    milliseconds: float = page.evaluate(READY)
    return milliseconds


def keystrokes(page: Page, session: CDPSession, count: int, rate: int) -> Mapping[str, float]:
    """Type a letter and take it back, many times, in a prompt of so many tokens."""
    words = LONG
    prompt(page, words)
    while len(tokens(page)) > count:
        words = words.rpartition(" ")[0]
        prompt(page, words)
    if len(tokens(page)) != count:
        raise RuntimeError(f"no prompt of {count} tokens: {words}")
    session.send("Emulation.setCPUThrottlingRate", {"rate": rate})
    page.evaluate("keys.length = 0")
    page.locator(FIELD).focus()
    page.keyboard.press("End")
    for number in range(KEYS):
        page.keyboard.press("Backspace" if number % 2 else "s")
        page.evaluate("painted")  # each when the last one is painted
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    times = sorted(page.evaluate("keys"))
    return {
        "median": round(statistics.median(times), 1),
        "p95": round(times[int(0.95 * len(times))], 1),
        "keys": len(times),
    }


def memory(page: Page, session: CDPSession) -> dict[str, float]:
    """Return what the page holds after few and after many keystrokes, in MB."""
    session.send("Performance.enable")
    held = {}
    done = 0
    for count in (FEW, MANY):
        page.locator(FIELD).evaluate(TYPE_MANY, count - done)
        done = count
        page.evaluate("keys.length = 0")
        session.send("HeapProfiler.collectGarbage")
        found = {
            each["name"]: each["value"]
            for each in session.send("Performance.getMetrics")["metrics"]
        }
        held[f"after {count} keys in MB"] = round(found["JSHeapUsedSize"] / 1e6, 2)
    return held


if __name__ == "__main__":
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROME") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        sys.exit(HOW_TO_GET_IT)
    results.publish("live", measure(found), report.markdown)
