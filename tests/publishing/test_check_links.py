"""`make check-links`, on sites and a server of its own, which the sites call localhost."""

import re
import shutil
import sysconfig
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import pytest

from tests.support.paths import ROOT
from tests.support.processes import run_process
from tests.support.services import Quiet, serving

ASKED = []


class Handler(Quiet, BaseHTTPRequestHandler):
    def do_GET(self):
        ASKED.append(self.path)
        self.send_response(int(self.path.strip("/")))
        self.send_header("Location", "/204")
        self.end_headers()


@pytest.fixture(scope="module")
def port():
    with serving(Handler) as address:
        yield urlsplit(address).port


def check_links(pages):
    """Run the recipe where a site has these pages, which name these addresses."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # LinkChecker that root starts becomes nobody
        shutil.copy(ROOT / "linkcheckerrc", folder)
        for name, addresses in pages.items():
            path = Path(folder, "site", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(f'<a href="{address}">this</a>\n' for address in addresses))
        binaries = f"BIN={sysconfig.get_path('scripts')}"
        installed = ("-o", ".venv/.installed-dev")
        return run_process(
            *(
                "make",
                "-sf",
                ROOT / "Makefile",
                *installed,
                binaries,
                "check-links",
            ),
            cwd=Path(folder),
            LANGUAGE="C",
            no_proxy="localhost",
        )


@pytest.fixture(scope="module")
def some_gone(port):
    """What it says of a site that names addresses that are gone."""
    at = f"http://localhost:{port}"
    there = [f"{at}/{status}" for status in (200, 301, 401, 403, 405, 429)]
    pages = {
        "index.html": ["a/", f"http://127.0.0.1:{port}/502", f"{at}/404#part", *there],
        "a/index.html": ["../", f"{at}/200#part", f"{at}/500", "http://localhost:9"],
        "large.html": ["#" + "x" * 2_000_000, f"{at}/410"],
        "404.html": ["/from-the-root-of-a-server/"],
    }
    return check_links(pages)


def test_what_is_gone_is_reported_with_its_page_and_what_asks_to_sign_in_is_not(some_gone, port):
    entry = r"URL +`(.+)'\nParent URL .+/site/(.+\.html), line .+\nResult +Error: (\w+)"
    assert set(re.findall(entry, some_gone.stdout)) == {
        (f"http://localhost:{port}/404#part", "index.html", "404"),
        (f"http://localhost:{port}/500", "a/index.html", "500"),
        (f"http://localhost:{port}/410", "large.html", "410"),
        ("http://localhost:9", "a/index.html", "ConnectionError"),  # nobody answers
    }
    assert " 0 warnings found. 4 errors found." in some_gone.stdout
    assert some_gone.returncode != 0


@pytest.mark.usefixtures("some_gone")
def test_each_address_is_asked_once_and_what_runs_on_the_readers_machine_is_not():
    statuses = [200, 204, 301, 401, 403, 404, 405, 410, 429, 500]
    assert sorted(ASKED) == [f"/{status}" for status in statuses]


def test_a_site_whose_addresses_all_answer_passes(port):
    done = check_links({"index.html": [f"http://localhost:{port}/200"]})
    assert done.returncode == 0, done.stdout


def test_without_a_site_it_says_how_to_build_one():
    done = check_links({})
    assert done.returncode != 0
    assert done.stdout == "there is no site in site: `make site` builds it\n"
