"""The page on the idioms of 2024, as it was built: it shows what really became of each."""

import json
import re
from pathlib import Path

import pytest

from nnsight_guide.base.project import Project
from nnsight_guide.idioms import idiom

PAGE = "migration/index.html"


@pytest.fixture(scope="module")
def rows(pages):
    """The rows of the page's tables, by the name of the idiom."""
    found = pages[PAGE].select("table.guide-idioms tr[data-idiom]")
    assert len({row["data-idiom"] for row in found}) == len(found), "an idiom stands there twice"
    return {row["data-idiom"]: row for row in found}


@pytest.fixture(scope="module")
def outcomes(checkout, first_build):
    """What the build recorded, by the name of the idiom."""
    folder = checkout / ".cache/nnsight-guide/recordings/demo/from_2024"
    recorded = [json.loads(path.read_text())["outcome"] for path in folder.glob("*.json")]
    return {outcome["idiom"]: outcome for outcome in recorded}


@pytest.fixture(scope="module")
def files(checkout):
    paths = idiom.idiom_paths(Project(checkout), [idiom.IDIOMS_FOLDER])
    return {name: idiom.read_idiom(path) for name, path in paths.items()}


def texts(row, selector):
    return [tag.text.rstrip("\n") for tag in row.select(selector)]


def test_with_an_empty_cache_every_idiom_runs_and_the_count_is_printed(checkout, first_build):
    number = len(idiom.idiom_paths(Project(checkout)))
    assert f"{number} of {number} idioms run" in first_build


def test_every_idiom_has_its_row(files, rows, outcomes):
    assert rows.keys() == files.keys() == outcomes.keys()


def test_a_row_says_what_became_of_the_old_code_in_words_as_well(rows, outcomes):
    for name, row in rows.items():
        outcome = outcomes[name]
        assert row["data-verdict"] == outcome["verdict"], name
        assert outcome["verdict"] in row.select_one(".guide-verdict").text, name
        shown = texts(row, ".guide-today pre")
        if outcome["message"]:
            assert outcome["message"] in shown, name
        if outcome["verdict"] == "differs":
            assert outcome["then_output"] in shown, name
        assert texts(row, ".guide-now pre")[1:] == [outcome["now_output"]], name


def test_a_row_shows_the_code_of_its_file(rows, files):
    for name, row in rows.items():
        assert texts(row, ".guide-then pre") == [files[name].then]
        assert texts(row, ".guide-now pre")[0] == files[name].now


def test_only_todays_code_is_for_copying(rows):
    for name, row in rows.items():
        copied = [pre for pre in row.select("pre") if not pre.find_parent(class_="no-copy")]
        copied = [pre for pre in copied if "no-copy" not in pre.get("class", [])]
        assert [pre.find_parent("td")["class"] for pre in copied] == [["guide-now"]], name


def test_the_overview_leads_to_every_row(pages, rows):
    links = {link["href"] for link in pages[PAGE].select(".guide-verdicts a")}
    assert links == {f"#{row['id']}" for row in rows.values()}


NUMBERS = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten"]


def test_the_page_tells_how_many_things_run_in_silence(pages, outcomes):
    silent = {o["idiom"] for o in outcomes.values() if o["verdict"] == "differs"}
    dropped = {"inference_argument", "invoker_args"}  # both are an argument that a trace drops
    assert dropped < silent
    number = NUMBERS[len(silent - dropped) + 1]
    assert f"{number} things run in silence" in pages[PAGE].article.text


def test_no_row_names_an_absolute_path(rows):
    for name, row in rows.items():
        assert not re.search(r"(?<![\w.:/])/\w+/", row.text), name
        assert str(Path.home()) not in str(row)
