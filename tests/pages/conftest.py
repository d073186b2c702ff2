"""The whole site, built once for all the tests that look at it."""

import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

from nnsight_guide.model.second_model import can_be_had
from tests.support.browser import Site, served
from tests.support.narrow_model import hub_with_narrow_model
from tests.support.processes import succeed


@pytest.fixture(scope="session")
def guide(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site as it is published: it knows its address and its repository."""
    folder = tmp_path_factory.mktemp("published") / "site"
    with served(folder) as address:
        succeed(
            *(sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder),
            cwd=checkout,
            PYTHONPATH=str(checkout / "src"),
            GUIDE_SITE_URL=address,
            GUIDE_REPO_URL="https://github.com/someone/guide",
        )
        yield Site(folder, address)


@pytest.fixture(scope="session")
def second_environment(once: Callable[..., Path]) -> dict[str, str]:
    """The variables of a reader who has a second model, or none where there is nothing of it.

    It is not SmolLM2 itself: see `narrow_model`. What the same cells give on that, other tests ask.
    """
    if not can_be_had():
        return {}
    return hub_with_narrow_model(once("narrow", Path.mkdir))


@pytest.fixture(scope="session")
def offline(root: Path, checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `make offline` packs it, unpacked: to be opened from a folder."""
    recipe = re.search(r"^offline:.*\n((?:\t.*\n)+)", (root / "Makefile").read_text(), re.MULTILINE)
    folder = tmp_path_factory.mktemp("offline")
    site, archive = folder / "made", folder / "site.zip"
    for line in recipe[1].splitlines():
        command = line.strip().replace("$(BIN)/mkdocs", f"{sys.executable} -m mkdocs")
        command = command.replace("$(BIN)/python", sys.executable)
        command = command.replace(".cache/nnsight-guide-offline", str(site))
        command = command.replace("site-offline.zip", str(archive))
        succeed("sh", "-c", command, cwd=checkout, PYTHONPATH=str(checkout / "src"))
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder / "given away")  # the space as on many a reader's disk
    return folder / "given away" / "site"


def parsed(site: Path) -> dict[str, BeautifulSoup]:
    return {
        path.relative_to(site).as_posix(): BeautifulSoup(path.read_text(), "html.parser")
        for path in sorted(site.rglob("*.html"))
    }


@pytest.fixture(scope="session")
def pages(checkout: Path, first_build: str) -> dict[str, BeautifulSoup]:
    """Every page of the built site, by its path: parsed."""
    return parsed(checkout / "site")


@pytest.fixture(scope="session")
def published_pages(guide: Site) -> dict[str, BeautifulSoup]:
    """The pages of the published site, by their paths: parsed."""
    return parsed(guide.folder)


@pytest.fixture(scope="session")
def site_files(checkout: Path, first_build: str) -> set[str]:
    """The path of every file of the built site."""
    site = checkout / "site"
    return {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}


@pytest.fixture(scope="session")
def blocks(pages: dict[str, BeautifulSoup]) -> list[Tag]:
    """Every block of the site that shows a cell."""
    return [block for page in pages.values() for block in page.select("[data-snippet]")]
