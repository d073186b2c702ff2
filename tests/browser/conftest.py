"""A small site with figures, a server for it, and the Chromium that is installed."""

from __future__ import annotations

import functools
import http.server
import math
import os
import random
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, sync_playwright

from nnsight_guide.html.figures import COMPONENT, figure_html
from nnsight_guide.site.plugin import figure_script

ASSETS = Path(__file__).parents[2] / "docs" / "assets"
TOKENS = ["The", " E", "iff", "el", " Tower", " is", " in", " the", " city", " of"]
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
HOW_TO_GET_IT = "no Chromium here: `apt-get install chromium`, or set CHROME to one"


def patterns(n_heads: int, n_tokens: int, seed: int = 0) -> list[list[list[float]]]:
    """Causal attention as a model might have it: rows that sum to 1, nothing ahead."""
    dice = random.Random(seed)
    heads = []
    for _ in range(n_heads):
        weights = [
            [math.exp(dice.gauss(0, 1.5)) for _ in range(i + 1)] + [0.0] * (n_tokens - i - 1)
            for i in range(n_tokens)
        ]
        heads.append([[round(w / sum(row), 4) for w in row] for row in weights])
    return heads


def drawing(n_heads: int = 16, tokens: list[str] = TOKENS, seed: int = 0) -> dict[str, object]:
    """What the kernel hands out for one figure."""
    return {
        "component": COMPONENT,
        "props": {"tokens": tokens, "attention": patterns(n_heads, len(tokens), seed)},
    }


# For a module and not for the session: as long as Playwright runs, no other test of this process
# could use asyncio.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROME") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail(HOW_TO_GET_IT)
        pytest.skip(HOW_TO_GET_IT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=QUIET)
        yield browser
        browser.close()


@dataclass(frozen=True)
class Site:
    """A built site, and the address at which it is served."""

    folder: Path
    address: str


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A small site: a page with a figure, one with several, one without."""
    root = tmp_path_factory.mktemp("figures")
    with served(root / "site") as address:
        build_site(root, address)
        yield Site(root / "site", address)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port of 127.0.0.1."""
    handler = functools.partial(QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def build_site(root: Path, address: str) -> None:
    """Build the small site with the guide's own assets and theme."""
    docs = root / "docs"
    shutil.copytree(ASSETS, docs / "assets")
    shutil.copy(figure_script(), docs / "assets" / "circuitsvis.js")
    figure = figure_html(drawing())
    hostile = ["<b>bold", "&amp;", "</script><script>document.title='run'</script>", "\n", '"']
    pages = {
        "index.md": "# Start\n\nNo figure here. [On to the figure](figure.md)\n",
        "figure.md": f"# Figure\n\nBefore.\n\n{figure}\n\nAfter. [Back](index.md)\n",
        "several.md": "# Several\n\n"
        + "\n\n".join([figure, figure, figure_html(drawing(3, hostile, seed=1))])
        + "\n",
    }
    for name, text in pages.items():
        (docs / name).write_text(text, encoding="utf-8")
    (root / "mkdocs.yml").write_text(
        f"""
site_name: Figures
site_url: {address}
theme:
  name: material
  font: false
  features: [navigation.instant]
  palette:
    - {{ media: "(prefers-color-scheme: light)", scheme: default }}
    - {{ media: "(prefers-color-scheme: dark)", scheme: slate }}
extra: {{ generator: false }}
extra_css: [assets/guide.css, assets/figure.css]
extra_javascript:
  - {{ path: assets/figure.js, defer: true }}
nav: [index.md, figure.md, several.md]
""",
        encoding="utf-8",
    )
    build(load_config(str(root / "mkdocs.yml")))


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
        self.page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))

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

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)


Visitor = Callable[..., Visit]


@pytest.fixture
def visitor(browser: Browser, site: Site) -> Iterator[Visitor]:
    """Opens pages that reach nothing but the small site; each has a browser profile of its own."""
    contexts = []

    def visit(width: int = 1440, own: str = site.address, **settings: Any) -> Visit:
        context = browser.new_context(viewport={"width": width, "height": 900}, **settings)
        contexts.append(context)
        return Visit(context.new_page(), own)

    yield visit
    for context in contexts:
        context.close()
