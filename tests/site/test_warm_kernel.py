"""`make serve`, and the kernel that waits for an author's first edit of a snippet."""

import time

import psutil
import pytest

from tests.attacks.faults.serving import LOG, served
from tests.attacks.faults.sites import make_small_site
from tests.support.snippets import edit

SECONDS = 60  # for a kernel to come, or to have gone
# Each process that loads the model leaves a mark outside of the checkout.
LOADS = """
from pathlib import Path

with Path("{}").open("a") as loads:
    loads.write("loaded\\n")
"""

pytestmark = [pytest.mark.local, pytest.mark.real_processes]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A site in which nothing is stale, and the file that counts how often its model is loaded."""
    folder = tmp_path_factory.mktemp("warm")
    site = make_small_site(folder / "site")
    loads = folder / "loads"
    model = site.project.snippet_path("model")
    model.write_text(model.read_text() + LOADS.format(loads))
    site.build()
    return site, loads


def the_kernel(server):
    """Return the one kernel of a preview, as soon as it is there."""
    end = time.monotonic() + SECONDS
    while not (kernels := server.kernels()):
        assert time.monotonic() < end, server.site.said(LOG)
        time.sleep(0.05)
    (kernel,) = kernels
    return kernel


def test_the_first_edit_of_a_snippet_finds_a_kernel_with_the_model_loaded(built):
    site, loads = built
    loads.unlink()
    with served(site) as server:
        server.wait_for("6342", "chapters/first")
        kernel = the_kernel(server)
        while not loads.exists():
            assert kernel.is_running()
            time.sleep(0.05)
        edit(site.project, "first", "print(best.item())", "print(best.item(), 'edited')")
        server.wait_for("6342 edited", "chapters/first")
        assert server.kernels() == [kernel]
        assert loads.read_text() == "loaded\n"
    assert not kernel.is_running()
    assert site.orphans() == []


def test_a_kernel_that_has_died_meanwhile_is_replaced(built):
    site, _ = built
    with served(site) as server:
        server.wait_for("6342", "chapters/first")
        died = the_kernel(server)
        died.kill()
        psutil.wait_procs([died], SECONDS)
        edit(site.project, "first", "print(best.item(", "print('again', best.item(")
        server.wait_for("again 6342", "chapters/first")
        assert the_kernel(server) != died


def test_who_never_edits_a_snippet_can_do_without(built, monkeypatch):
    site, _ = built
    monkeypatch.setenv("GUIDE_WARM", "false")
    with served(site) as server:
        server.wait_for("6342", "chapters/first")
        prose = site.root / "docs/chapters/first.md"
        prose.write_text(prose.read_text() + "\nMore prose.\n")
        server.wait_for("More prose", "chapters/first")
        assert server.kernels() == []
