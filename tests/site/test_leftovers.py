"""What builds of the preview leave behind: nobody waits while it is put away, and nothing stays."""

import collections
import gc
import threading
import time
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig

from nnsight_guide.site import leftovers
from nnsight_guide.site.leftovers import Leftovers, forget_last_build


@pytest.fixture
def site(tmp_path):
    """A site that was served once."""
    folder = tmp_path / "site"
    (folder / "chapters").mkdir(parents=True)
    (folder / "chapters" / "index.html").write_text("Hello")
    return folder


def test_it_is_put_away_when_the_author_has_the_page(monkeypatch, site):
    monkeypatch.setattr(leftovers, "SECONDS_LATER", 0.1)
    left = Leftovers()
    left.put_away_soon([str(site)])
    assert site.exists(), "who builds does not wait"
    end = time.monotonic() + 30
    while site.exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert not site.exists()
    left.be_done()


def test_whoever_builds_again_or_ends_before_that_waits_until_it_is_done(monkeypatch, site):
    monkeypatch.setattr(leftovers, "SECONDS_LATER", 600)
    left = Leftovers()
    left.be_done()  # there is nothing yet
    left.put_away_soon([str(site)])
    left.be_done()
    assert not site.exists()
    assert not [thread for thread in threading.enumerate() if "_put_away" in thread.name]


def test_what_has_gone_already_or_cannot_go_is_no_error(site, tmp_path, monkeypatch):
    raised = []
    monkeypatch.setattr(threading, "excepthook", raised.append)
    (tmp_path / "a file").touch()
    left = Leftovers()
    left.put_away_soon([str(tmp_path / "none"), str(tmp_path / "a file"), str(site)])
    left.be_done()
    assert not raised
    assert not Path(site).exists()


MKDOCS = """
site_name: Functions
plugins:
  - mkdocstrings:
      handlers: {python: {paths: [.]}}
"""
MODULE = """
from dataclasses import dataclass

@dataclass
class Point:
    x: int
"""


def test_no_build_of_a_preview_stays_in_memory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mkdocs.yml").write_text(MKDOCS)
    (tmp_path / "points.py").write_text(MODULE)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text("::: points\n")

    def after_builds(forget):
        for _ in range(3):
            build(load_config("mkdocs.yml"))
            forget()
        kept = collections.Counter(type(thing).__name__ for thing in gc.get_objects())
        return kept[MkDocsConfig.__name__], kept["Class"], kept["Parameter"]

    forget_last_build()
    before = after_builds(forget_last_build)
    assert after_builds(forget_last_build) == before
    grown = after_builds(gc.collect)
    assert all(now > then for now, then in zip(grown, before, strict=True)), (before, grown)
    assert after_builds(forget_last_build) == before
