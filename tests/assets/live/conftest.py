"""The engine, loaded once for all tests of a module that only ask it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from playwright.sync_api import Browser

from tests.support.browser import Site, Visit, served
from tests.support.live import Live, demo_in, load, write_live_site
from tests.support.live_figure import site_with_figures


@pytest.fixture(scope="session")
def live_folder(once: Callable[..., Path]) -> Path:
    """A page with the engine and the model; only to be read."""
    return once("live", lambda folder: write_live_site(folder))


@pytest.fixture(scope="module")
def site(live_folder: Path) -> Iterator[Site]:
    with served(live_folder) as address:
        yield Site(live_folder, address)


@pytest.fixture(scope="module")
def live(browser: Browser, site: Site) -> Iterator[Live]:
    """The engine, which keeps nothing from one question to the next."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(site.address)
    assert load(page) == ""
    yield Live(page)
    context.close()


@pytest.fixture(scope="session")
def in_torch() -> Any:
    """The demo model under nnsight, in 64-bit floats, as the page computes."""
    return demo_in(torch.float64)


@pytest.fixture(scope="session")
def in_float32() -> Any:
    """The same in 32-bit floats."""
    return demo_in(torch.float32)


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Pages with the figure."""
    with site_with_figures(tmp_path_factory.mktemp("live-figures")) as site:
        yield site


@pytest.fixture
def visit(visitor: Callable[..., Visit], figures: Site) -> Visit:
    """A visitor of those pages."""
    return visitor(figures.address)
