"""The engine, loaded once for all tests of a module that only ask it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from playwright.sync_api import Browser

from tests.support.browser import Site, served
from tests.support.live import Live, demo_in_float32, load, write_live_site


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
def in_torch() -> Iterator[Any]:
    """The demo model in 32-bit floats; on one thread, since it is small."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield demo_in_float32()
    torch.set_num_threads(threads)
