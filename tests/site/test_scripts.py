"""What a site carries for its own scripts to fetch."""

import base64
import re

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.plugins import BasePlugin

from nnsight_guide.demo_model.packed import packed
from nnsight_guide.site import scripts


class Adds(BasePlugin):
    """Only what is tested here, of the guide's own plugin."""

    def __init__(self, is_offline):
        self.is_offline = is_offline

    def on_files(self, files, config):
        scripts.add_fetched(files, config, is_offline=self.is_offline)


@pytest.fixture
def build_site(tmp_path):
    """Build a site with the engine's first script, or without, and return its files."""

    def build_site(*, is_offline=False, has_engine=True):
        docs = tmp_path / "docs"
        (docs / scripts.FOLDER).mkdir(parents=True)
        (docs / "index.md").write_text("# Start\n")
        if has_engine:
            (docs / scripts.FOLDER / "load.js").write_text("")
        (tmp_path / "mkdocs.yml").write_text("site_name: Scripts\nplugins: []\n")
        config = load_config(str(tmp_path / "mkdocs.yml"))
        config.plugins["adds"] = Adds(is_offline)
        build(config)
        return tmp_path / "site"

    return build_site


def test_a_site_carries_the_packed_model_and_the_script_that_draws(build_site):
    site = build_site()
    assert (site / scripts.MODEL).read_bytes() == packed()
    assert not (site / scripts.MODEL_OFFLINE).exists()
    assert (site / "assets/circuitsvis.js").read_bytes() == scripts.figure_script().read_bytes()


def test_a_site_for_a_folder_carries_the_same_in_a_script(build_site):
    site = build_site(is_offline=True)
    assert not (site / scripts.MODEL).exists()
    text = (site / scripts.MODEL_OFFLINE).read_text(encoding="ascii")
    (said,) = re.fullmatch(r'guideLive\.packed = "([\w+/=]+)";\n', text).groups()
    assert base64.b64decode(said) == packed()


def test_a_site_without_the_engine_carries_no_model(build_site):
    site = build_site(has_engine=False)
    assert not (site / scripts.MODEL).exists()
    assert (site / "assets/circuitsvis.js").exists()
