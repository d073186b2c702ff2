"""How an idiom and what became of it look on the page."""

from dataclasses import asdict

import pytest
from bs4 import BeautifulSoup

from nnsight_guide.chapter import calls
from nnsight_guide.chapter.page import ChapterPage, open_page
from nnsight_guide.idioms import table
from nnsight_guide.idioms.idiom import ERRORS_FOLDER, Idiom
from nnsight_guide.idioms.outcomes import RecordedOutcome
from nnsight_guide.idioms.verdicts import Outcome

MARKUP = "<b>&amp;</b>"
IDIOM = Idiom("old_name", "The `old` name", "Write `new`, & so on.", "", "old(1 < 2)", "new('<i>')")


ERROR = Idiom(
    "no_name", "A name", "It `is` gone.", "", "wrong()", "right()", ERRORS_FOLDER, "True, & short."
)


def row(verdict="works", then="16", now="16", message="", idiom=IDIOM):
    outcome = Outcome(idiom.name, verdict, then, now, message)
    provenance = {"model": "some/model", "versions": {}, "date": "2026-01-02"}
    guide = {"key_parts": {"a": "1"}, "provenance": provenance}
    return idiom, RecordedOutcome({"metadata": {"guide": guide}, "outcome": asdict(outcome)})


def parsed(*rows):
    return BeautifulSoup(table.table_html(rows, "../versions/"), "html.parser")


def test_a_row_carries_idiom_verdict_key_and_model():
    recorded = row("fails", message="NameError: x")
    found = parsed(recorded).select_one("tbody tr")
    assert found["id"] == "idiom-old_name"
    assert found["data-idiom"] == "old_name"
    assert found["data-verdict"] == "fails"
    assert found["data-key"] == recorded[1].key
    assert found["data-model"] == "some/model"


def test_rows_keep_their_order():
    rows = [row(idiom=Idiom(name, name, "x", "", "x", "x")) for name in ("b", "a")]
    assert [found["data-idiom"] for found in parsed(*rows).select("tbody tr")] == ["b", "a"]


@pytest.mark.parametrize(
    ("told", "verdict", "options"),
    [
        ("✓ works|It still prints:|16", "works", {}),
        ("! warns|It runs, and says:|use y", "warns", {"message": "use y"}),
        ("✕ fails|It ends with:|NameError: x", "fails", {"then": "", "message": "NameError: x"}),
        ("≠ silently differs|It prints:|4", "differs", {"then": "4"}),
        ("≠ silently differs|It prints nothing.", "differs", {"then": ""}),
        ("≠ differs|It prints:|4|It says:|use y", "differs", {"then": "4", "message": "use y"}),
    ],
)
def test_a_row_says_what_the_old_code_does_today(told, verdict, options):
    cell = parsed(row(verdict, **options)).select_one(".guide-today")
    parts = cell.find_all(["span", "p", "pre"], recursive=False)
    assert "|".join(part.text for part in parts) == told


def test_what_silently_differs_shows_todays_value_as_well():
    assert parsed(row("differs", then="4")).select(".guide-now pre")[-1].text == "16"


def test_backticks_become_code():
    head = parsed(row()).select_one("tbody th")
    assert [code.text for code in head.select("code")] == ["old", "new"]
    assert "`" not in head.text


def test_the_code_is_highlighted_and_only_todays_has_a_copy_button():
    found = parsed(row())
    then, now = (found.select_one(f"{cell} .highlight") for cell in (".guide-then", ".guide-now"))
    assert then.select_one("code").text == "old(1 < 2)\n"
    assert now.select_one("code").text == "new('<i>')\n"
    assert then.select("code span")
    assert "no-copy" in then["class"]
    assert "no-copy" not in now["class"]
    assert all("no-copy" in pre["class"] for pre in found.select("td p + pre"))


def test_an_error_stands_below_a_heading_and_says_whether_its_message_is_true():
    found = parsed(row("fails", message="NameError: x", idiom=ERROR))
    heads = [head.text for head in found.select("thead th")]
    assert heads == ["Why", "The code that goes wrong", "What it does", "The code that works"]
    error = found.select_one("tbody tr")
    assert error["data-folder"] == ERRORS_FOLDER
    assert not error.has_attr("id")
    assert [p.text for p in error.select("th > *")] == [
        "It is gone.",
        "Is the message true? True, & short.",
    ]
    assert [name.text for name in error.select(".filename")] == ["Goes wrong", "Works"]


def test_all_text_is_escaped():
    idiom = Idiom("x", MARKUP, f"`{MARKUP}`", "", MARKUP, MARKUP)
    for verdict in ("works", "warns", "fails", "differs"):
        html = table.table_html([row(verdict, MARKUP, MARKUP, MARKUP, idiom)], "../versions/")
        html += table.overview_html([row(verdict, MARKUP, MARKUP, MARKUP, idiom)])
        assert MARKUP not in html
        assert not BeautifulSoup(html, "html.parser").select("b, i")


def test_the_overview_counts_each_verdict_and_leads_to_its_rows():
    rows = [
        row("fails", message="no", idiom=Idiom(name, f"`{name}`", "x", "", "x", "x"))
        for name in ("a", "b")
    ]
    found = BeautifulSoup(table.overview_html([*rows, row()]), "html.parser")
    items = found.select("li")
    verdicts = [item.select_one(".guide-verdict")["data-verdict"] for item in items]
    assert verdicts == ["fails", "works"]
    assert "2 of 3." in items[0].text
    assert [link["href"] for link in items[0].select("a")] == ["#idiom-a", "#idiom-b"]


SOURCE = """\
```python exec="1" html="1"
print(idioms_table(
    "old_name",
))

print(idioms_table("old_naem"))
```
"""


@pytest.fixture
def page(profile):
    outcomes = {"old_name": row(), "no_name": row("fails", message="no", idiom=ERROR)}
    page = ChapterPage("docs/a.md", SOURCE, "..", profile, recordings={}, outcomes=outcomes)
    open_page(page)
    return page


def test_a_page_shows_idioms_and_knows_where_their_outcomes_come_from(page):
    assert 'data-idiom="old_name"' in calls.idioms_table("old_name")
    assert page.shown == [row()[1]]
    assert "1 of 1." in calls.idioms_overview()


def test_a_page_shows_an_error_and_the_table_of_2024_knows_none(page):
    assert 'data-idiom="no_name"' in calls.error("no_name")
    assert calls.idioms_table("no_name") == calls.error("old_name") == ""
    assert "there is no idiom 'no_name'" in page.problems[0]
    assert "no_name" not in calls.idioms_overview()


def test_a_misspelt_idiom_is_a_problem_of_the_page_at_its_line(page):
    assert calls.idioms_table("old_naem") == ""
    assert page.problems == [
        "docs/a.md, line 6: there is no idiom 'old_naem': did you mean 'old_name'?"
    ]
