"""The whole site, built once for all the tests that look at it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag


@pytest.fixture
def build_elsewhere(
    command: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> Callable[[Path], subprocess.CompletedProcess[str]]:
    """Build the site of a checkout into another folder, so that the one of `pages` stays whole."""
    to = ("--site-dir", str(tmp_path / "site"))
    return lambda folder: command(
        "mkdocs", "build", *to, cwd=folder, PYTHONPATH=str(folder / "src")
    )


@pytest.fixture(scope="session")
def pages(checkout: Path, first_build: str) -> dict[str, BeautifulSoup]:
    """Every page of the built site, by its path: parsed."""
    site = checkout / "site"
    return {
        path.relative_to(site).as_posix(): BeautifulSoup(path.read_text(), "html.parser")
        for path in sorted(site.rglob("*.html"))
    }


@pytest.fixture(scope="session")
def site_files(checkout: Path, first_build: str) -> set[str]:
    """The path of every file of the built site."""
    site = checkout / "site"
    return {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}


@pytest.fixture(scope="session")
def blocks(pages: dict[str, BeautifulSoup]) -> list[Tag]:
    """Every block of the site that shows a cell."""
    return [block for page in pages.values() for block in page.select("[data-snippet]")]
