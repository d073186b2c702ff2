"""Two models' outputs in tabs, and the notes that say which is which."""

import dataclasses

import pytest
from bs4 import BeautifulSoup

from nnsight_guide.html.notes import which_model_html, which_service_html
from nnsight_guide.html.provenance import in_tab
from nnsight_guide.html.tabs import tabs_html
from nnsight_guide.recording.real_cells import RealCell
from nnsight_guide.recording.recordings import Recording

VERSIONS = {"nnsight": "0.8.1", "torch": "2.13.0", "transformers": "5.22.2"}
MADE = {
    "profile": "local",
    "model": "EleutherAI/gpt-j-6b",
    "device": "cpu",
    "date": "2026-11-23",
    "versions": {**VERSIONS, "plotly": "7.1.0"},
}


def printed(text: str) -> list[dict[str, str]]:
    return [{"output_type": "stream", "name": "stdout", "text": text}] if text else []


def real(text: str, **made: str) -> RealCell:
    return RealCell(printed(text), {**MADE, **made}, "a-key", {}, is_proven=True)


def demo(text: str) -> Recording:
    cell = {"metadata": {"title": "ask"}, "outputs": printed(text)}
    made = {**MADE, "profile": "demo", "model": "nnsight-guide/gptj-demo"}
    guide = {"key_parts": {"model": made["model"]}, "provenance": made}
    return Recording({"cells": [cell], "metadata": {"guide": guide}})


DEMO = demo("4 layers")


@pytest.mark.parametrize(
    ("made", "place"),
    [
        ({}, "on a CPU"),
        ({"device": "cuda"}, "on a GPU"),
        ({"device": "xpu"}, "on xpu"),
        ({"device": "service", "profile": "remote"}, "on NDIF"),
        ({"device": "cpu", "profile": "remote"}, "on NDIF"),
    ],
)
def test_where_with_what_and_when_it_was_recorded_is_said(made, place):
    line = BeautifulSoup(in_tab({**MADE, **made}), "html.parser")
    assert line.text == (
        f"Recorded {place} with EleutherAI/gpt-j-6b, nnsight 0.8.1, torch 2.13.0, transformers "
        "5.22.2, on 2026-11-23"
    )
    assert line.time["datetime"] == "2026-11-23"


def test_where_todays_versions_differ_that_is_said_in_words():
    since = {"idna": "4", "torch": "2.14.0", "h11": "1", "tqdm": "5", "rich": "9"}
    line = BeautifulSoup(in_tab(MADE, since), "html.parser").text
    said = "Today's versions differ: torch 2.14.0, idna 4, h11 1, tqdm 5, and 1 more"
    assert line.endswith(f"on 2026-11-23. {said}")
    line = BeautifulSoup(in_tab(MADE, {"torch": "2.14.0"}, is_proven=True), "html.parser").text
    assert line.endswith("torch 2.14.0; the demo model gives the same with both")


def test_what_comes_from_a_recording_is_text_whatever_it_looks_like():
    html = tabs_html(1, real("<b>1</b>", model="<i>x</i>"), DEMO, "ask")
    page = BeautifulSoup(html, "html.parser")
    assert page.find(["b", "i"]) is None
    assert page.label.text == "<i>x</i>"


@pytest.mark.parametrize("outputs", [("1", "1"), ("1\n", "1"), ("", "")])
def test_equal_outputs_need_no_tabs(outputs):
    first, second = outputs
    assert tabs_html(1, real(first), demo(second), "ask") == ""


def test_a_model_that_printed_nothing_is_not_passed_over():
    page = BeautifulSoup(tabs_html(1, real(""), DEMO, "ask"), "html.parser")
    assert [output.text for output in page.select(".guide-output")] == ["", "4 layers"]


def test_the_ids_differ_from_those_of_markdowns_own_tabs():
    first, second = (tabs_html(number, real("28"), DEMO, "ask") for number in (1, 2))
    tabs = BeautifulSoup(first + second, "html.parser").select("input")
    expected = [f"__tabbed_output_{block}_{tab}" for block in (1, 2) for tab in (1, 2)]
    assert [tab["id"] for tab in tabs] == expected


def test_the_note_names_the_recorded_model_and_never_another(profile):
    text = which_model_html(profile, ["random-gptj"], "demo/")
    assert "random-gptj" in text
    assert "EleutherAI" not in text
    assert "or the demo model's alone" in text
    assert "alone" not in which_model_html(profile, ["random-gptj"], "demo/", is_complete=True)


def test_the_note_on_the_service_says_which_tab_is_ndifs(profile):
    assert "first was recorded on NDIF" in which_service_html(profile, ["some/model"], "demo/")
    assert "recorded" not in which_service_html(profile, [], "demo/")
    remote = dataclasses.replace(profile, name="remote", model_id="some/model")
    assert "ran on NDIF, with <code>some/model</code>" in which_service_html(remote, [], "demo/")
