"""The whole site, built once for all the tests that look at it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag


@pytest.fixture
def build_elsewhere(tmp_path: Path) -> Callable[[Path], subprocess.CompletedProcess[str]]:
    """Build the site of a checkout into another folder, so that the one of `pages` stays whole."""

    def build(folder: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(tmp_path / "site")],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder / "src")},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    return build


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
