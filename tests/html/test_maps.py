"""A map of numbers → a table that says all of them, whatever draws it."""

import re
from dataclasses import asdict, replace

import pytest
from bs4 import BeautifulSoup

from nnsight_guide.html.maps import MIME, Map, map_html, map_in_notebook, map_text, map_words
from nnsight_guide.html.render import shown_html

EFFECTS = Map(
    title="What each layer does",
    columns_are="token",
    columns=["The", " city"],
    rows_are="layer",
    rows=["0", "1"],
    values_are="effect",
    values=[[0.5, -0.25], [0.0, 3.0]],
    form=".2f",
    texts=None,
    end=2.0,
    diverges=True,
)
GUESSES = replace(EFFECTS, texts=[[" Rome", " should"], ["\n", " "]], values=[[0.5, 0.1]] * 2)


def table(html):
    return BeautifulSoup(html, "html.parser").table


def rows(html):
    return [[cell.get_text() for cell in row.select("th, td")] for row in table(html).select("tr")]


def shares(shown):
    cells = table(map_html(shown)).select("tbody td")
    style = re.compile(r"--share:(\d+)%;--colour:var\(--guide-map-(\w+)\)")
    return [style.fullmatch(cell["style"]).groups() for cell in cells]


@pytest.mark.parametrize("made", [map_html, map_in_notebook])
def test_the_table_says_every_number_under_its_names(made):
    assert rows(made(EFFECTS)) == [
        ["", "token"],
        ["layer", "The", " city"],
        ["0", "0.50", "-0.25"],
        ["1", "0.00", "3.00"],
    ]
    found = table(made(EFFECTS))
    assert found.caption.get_text() == EFFECTS.title
    scopes = [cell["scope"] for cell in found.select("th")]
    assert scopes == ["colgroup", "col", "col", "col", "row", "row"]


def test_a_cell_with_a_text_has_its_number_as_well():
    assert rows(map_html(GUESSES))[2:] == [
        ["0", " Rome 0.50", " should 0.10"],
        ["1", "↵ 0.50", "␣ 0.10"],
    ]


def test_a_colour_is_as_strong_as_its_number_up_to_the_end_of_the_scale():
    assert shares(EFFECTS) == [
        ("25", "more"),
        ("12", "less"),
        ("0", "more"),
        ("100", "more"),
    ]
    from_0 = replace(EFFECTS, diverges=False, end=1.0)
    assert shares(from_0) == [
        ("50", "more"),
        ("0", "more"),
        ("0", "more"),
        ("100", "more"),
    ]


@pytest.mark.parametrize(
    ("diverges", "ends"), [(True, ["-2.00", "0.00", "2.00"]), (False, ["0.00", "2.00"])]
)
def test_the_legend_says_what_the_colours_are_and_where_they_end(diverges, ends):
    shown = BeautifulSoup(map_html(replace(EFFECTS, diverges=diverges)), "html.parser")
    assert [end.get_text() for end in shown.select(".guide-map-ends > span")] == ends
    assert shown.select_one(".guide-map-are").get_text() == "effect"
    assert bool(shown.select(".guide-map-diverges")) == diverges


def test_the_words_say_where_the_map_is_strongest():
    assert map_words(EFFECTS) == (
        "A map of effect: a row for each layer, a column for each token. Largest 3.00 at layer 1, "
        "token  city; Smallest -0.25 at layer 0, token  city."
    )
    assert map_words(replace(GUESSES, diverges=False)).endswith(
        "Largest 0.50 (“ Rome”) at layer 0, token The."
    )


def test_percent_is_written_as_percent():
    shown = replace(EFFECTS, form=".0%", values=[[0.5, 0.25], [0, 1]])
    assert rows(map_html(shown))[2] == ["0", "50%", "25%"]


HOSTILE = "</td><script>alert(1)</script>\n\x00<b a='\">"


@pytest.mark.parametrize("made", [map_html, map_in_notebook])
def test_no_text_gets_out_of_its_place(made):
    names = [HOSTILE, "b"]
    shown = Map(
        HOSTILE, HOSTILE, names, HOSTILE, names, HOSTILE, EFFECTS.values, ".2f",
        [names, names], 1, False,
    )  # fmt: skip
    html = made(shown)
    tags = {tag.name for tag in BeautifulSoup(html, "html.parser").find_all()}
    assert tags <= {
        *("figure", "div", "table", "caption", "thead", "tbody", "tr", "th", "td"),
        *("small", "figcaption", "span"),
    }
    assert "\n" not in html  # Markdown leaves a line of HTML alone
    assert "\0" not in html


def test_equal_maps_are_equal_bytes_and_others_have_another_id():
    names = [re.search(r'id="(map-[0-9a-f]{12})"', map_html(m))[1] for m in (EFFECTS, GUESSES)]
    assert map_html(replace(EFFECTS)) == map_html(EFFECTS)
    assert names[0] != names[1]


def test_search_does_not_index_what_a_map_says():
    assert BeautifulSoup(map_html(EFFECTS), "html.parser").figure.has_attr("data-search-exclude")


def test_a_notebook_needs_no_style_sheet_for_the_colours():
    cells = table(map_in_notebook(EFFECTS)).select("tbody td")
    assert [cell["style"] for cell in cells] == [
        "background:rgb(28 120 152 / 0.17)",
        "background:rgb(178 96 30 / 0.09)",
        "background:rgb(28 120 152 / 0.00)",
        "background:rgb(28 120 152 / 0.70)",
    ]


def test_where_only_text_is_shown_the_map_is_a_table_too():
    assert map_text(GUESSES).splitlines() == [
        "What each layer does",
        "         The         city",
        "0  Rome 0.50  should 0.10",
        "1     ↵ 0.50         0.10",
    ]


def test_an_output_with_a_map_is_rendered_as_its_figure_and_its_text_is_not():
    data = {MIME: asdict(EFFECTS), "text/plain": "plain text"}
    output = {"output_type": "display_data", "data": data, "metadata": {}}
    assert shown_html([output]) == map_html(EFFECTS)
