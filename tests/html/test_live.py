"""The live figure as it stands on a page until a reader touches it."""

import re

from bs4 import BeautifulSoup

from nnsight_guide.html.live import INVITATION, PANELS, START, live_html
from nnsight_guide.site.scripts import FOLDER, MODEL, live_model
from tests.support.paths import ROOT

WAYS = {"base": "..", "model": MODEL, "page": "../try-it/"}


def figure(**changes):
    asked = {"panels": PANELS, "start": START, **WAYS, **changes}
    return BeautifulSoup(live_html(**asked), "html.parser").figure


def test_a_prompt_is_shown_as_it_is_whatever_it_holds():
    shown = figure(start="prompt=%22%3E%3Cb%3E+%26amp%3B&off=0.1")
    assert shown.input["value"] == '"><b> &amp;'
    assert shown["data-start"] == "prompt=%22%3E%3Cb%3E+%26amp%3B&off=0.1"
    assert shown.b is None


def test_what_it_names_is_there():
    shown = figure()
    folder = ROOT / "docs" / FOLDER
    assert shown["data-model"] == f"../{MODEL}"
    assert shown.link["href"] == f"../{FOLDER}/{(folder / 'live.css').name}"
    assert shown.script["src"] == f"../{FOLDER}/{(folder / 'touch.js').name}"
    scripts = (folder / "figure" / "figure.js").read_text(encoding="utf-8")
    table = scripts.partition("const PANELS = {")[2].partition("};")[0]
    assert {*re.findall(r"^ +(\w+): ", table, re.MULTILINE)} == {*PANELS}


def test_the_size_that_it_names_is_what_comes_at_the_first_touch():
    (said,) = re.findall(r"([\d.]+) MB", INVITATION)
    scripts = sum(path.stat().st_size for path in (ROOT / "docs" / FOLDER).rglob("*.js"))
    assert abs(len(live_model(is_offline=False)) + scripts - 1e6 * float(said)) < 0.05e6
