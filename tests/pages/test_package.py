"""How a reader gets the guide's package: from a published site, from a folder, from a clone."""

import hashlib
import json
import re
import urllib.request
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

WHEEL = re.compile(r'pip install "([^"]+\.whl)"')
PINNED = ("nnsight", "transformers", "accelerate", "circuitsvis", "plotly")
SAYING = ("index", "demo-model")  # the pages that say how it is installed


def installing(page: BeautifulSoup) -> str:
    """Return the block of a page that says how the package is installed."""
    found = [code.get_text() for code in page.select(".language-bash > pre > code")]
    (block,) = [text for text in found if "activate" in text]
    return block


def first_cells(site: Path) -> dict[str, str]:
    """Return the first code cell of each notebook."""
    notebooks = site.glob("downloads/notebooks/*.ipynb")
    cells = {path.stem: json.loads(path.read_text("utf-8"))["cells"] for path in notebooks}
    return {
        name: next(cell["source"] for cell in found if cell["cell_type"] == "code")
        for name, found in cells.items()
    }


def wheel_in(site: Path) -> Path:
    (wheel,) = site.glob("downloads/*.whl")
    return wheel


@pytest.mark.parametrize("name", SAYING)
def test_a_published_page_installs_from_its_own_address(guide, published_pages, name):
    page = published_pages["index.html" if name == "index" else f"{name}/index.html"]
    (address,) = WHEEL.findall(installing(page))
    assert address == f"{guide.address}downloads/{wheel_in(guide.folder).name}"


def test_so_do_all_its_notebooks_with_the_very_same_command(guide, published_pages):
    command = installing(published_pages["index.html"]).splitlines()[-1]
    cells = first_cells(guide.folder)
    assert len(cells) > 5
    for name, cell in cells.items():
        assert cell.splitlines()[-1] == f"# %{command}", name


def test_what_is_installed_with_it_is_what_the_lock_pins(root, published_pages):
    command = installing(published_pages["index.html"]).splitlines()[-1]
    lock = (root / "requirements.lock").read_text().splitlines()
    for library in PINNED:
        (pin,) = re.findall(rf"(?<= ){library}==\S+", command)
        assert pin in [line.partition(" ")[0] for line in lock]


def test_the_address_leads_to_the_wheel_and_its_hash(guide, published_pages):
    (address,) = WHEEL.findall(installing(published_pages["index.html"]))
    with urllib.request.urlopen(address) as wheel, urllib.request.urlopen(f"{address}.sha256") as h:
        assert hashlib.sha256(wheel.read()).hexdigest() == h.read().decode().split()[0]


def test_a_site_without_an_address_says_how_it_goes_from_a_clone(pages, checkout):
    for page in ("index.html", "demo-model/index.html"):
        assert installing(pages[page]).splitlines() == ["make install", ". .venv/bin/activate"]
    assert_beside_the_notebooks(checkout / "site")


def test_an_unpacked_site_installs_from_its_folder(offline):
    for name in SAYING:
        page = BeautifulSoup((offline / f"{name}.html").read_text("utf-8"), "html.parser")
        (path,) = WHEEL.findall(installing(page))
        assert (offline / path).is_file(), "as it is typed in the folder of index.html"
    assert_beside_the_notebooks(offline)


def assert_beside_the_notebooks(site: Path) -> None:
    for name, cell in first_cells(site).items():
        (path,) = WHEEL.findall(cell)
        assert (site / "downloads" / "notebooks" / path).resolve() == wheel_in(site), name
