"""The call that shows the live figure."""

import pytest
from bs4 import BeautifulSoup

from nnsight_guide.chapter.live import live
from nnsight_guide.chapter.page import ChapterPage, open_page
from nnsight_guide.demo_model import MODEL_ID
from nnsight_guide.html.figures import MIME
from nnsight_guide.html.live import PANELS
from nnsight_guide.recording.recordings import Recording
from tests.support.figures import drawing

SOURCE = '# A chapter\n\n```python exec="1" html="1"\nprint(live("haeds"))\n```\n'


def recording(model):
    output = {"output_type": "display_data", "data": {MIME: drawing()}}
    cell = {"metadata": {"title": "draw"}, "source": "", "outputs": [output]}
    guide = {"key_parts": {"a": "1"}, "provenance": {"model": model}}
    return Recording({"cells": [cell], "metadata": {"guide": guide}})


def opened(profile, model=MODEL_ID):
    made = {"draws": recording(model)}
    page = ChapterPage("docs/a.md", SOURCE, "../..", profile, made, live_model="there/model.bin")
    open_page(page)
    return page


def test_a_figure_without_panels_has_all_but_the_way_to_the_whole(profile):
    opened(profile)
    figure = BeautifulSoup(live(), "html.parser").figure
    assert figure["data-panels"].split() == [name for name in PANELS if name != "more"]
    assert figure["data-model"] == "../../there/model.bin"
    assert figure["data-page"] == "../../try-it/"


def test_a_panel_that_does_not_exist_is_a_problem_of_the_page_at_its_line(profile):
    page = opened(profile)
    assert live("haeds") == ""
    said = "docs/a.md, line 4: the live figure has no panel 'haeds': did you mean 'heads'?"
    assert page.problems == [said]


@pytest.mark.parametrize(("model", "pictures"), [(MODEL_ID, 1), ("EleutherAI/gpt-j-6b", 0)])
def test_the_picture_until_then_is_the_demo_models_or_none(profile, model, pictures):
    page = opened(profile, model)
    figure = BeautifulSoup(live("heads", still="draws/draw"), "html.parser").figure
    assert len(figure.select(".guide-picture svg")) == pictures
    assert len(page.shown) == pictures
