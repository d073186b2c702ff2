"""A figure of plotly's → the map that a page shows: the same numbers, in the same places."""

import json

import numpy as np
import plotly.express as px
import plotly.graph_objects as go
import pytest
import torch

from nnsight_guide.base.errors import GuideError
from nnsight_guide.html.maps import Map
from nnsight_guide.run.plotly_maps import MIME, check_maps, map_of

VALUES = [[0.123, 0.5, 1.0], [0.0, 0.25, 0.754]]
LABELS = {"x": "token", "y": "layer", "color": "probability"}
TOKENS = ["The", " city", " of"]


def figure(values=VALUES, **options) -> dict:
    """What plotly hands to a notebook; an option that is None is left out."""
    given = {"title": "A map", "labels": LABELS, "zmin": 0, "zmax": 1, **options}
    drawn = px.imshow(values, **{name: it for name, it in given.items() if it is not None})
    return json.loads(drawn.to_json())


def test_a_map_is_what_was_given_to_plotly():
    assert map_of(figure(x=TOKENS, y=["first", "last"], text_auto=".2f")) == Map(
        title="A map",
        columns_are="token",
        columns=TOKENS,
        rows_are="layer",
        rows=["first", "last"],
        values_are="probability",
        values=[[0.12, 0.5, 1.0], [0.0, 0.25, 0.75]],
        form=".2f",
        texts=None,
        end=1.0,
        diverges=False,
    )


@pytest.mark.parametrize(
    "values",
    [
        torch.tensor(VALUES),
        torch.tensor(VALUES, dtype=torch.float64),
        torch.tensor(VALUES).half().float(),
        np.array(VALUES),
        VALUES,
    ],
)
def test_numbers_may_come_from_anywhere(values):
    np.testing.assert_allclose(map_of(figure(values)).values, VALUES, atol=0.006)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64"])
def test_whole_numbers_of_any_size_are_decoded(dtype):
    shown = map_of(figure(np.array([[0, 3], [100, 7]], dtype), zmax=100))
    assert shown.values == [[0, 3], [100, 7]]
    assert shown.form == ".0f"


def test_places_without_names_are_counted_from_0_and_others_may_be_numbers():
    assert map_of(figure()).columns == ["0", "1", "2"]
    shown = map_of(figure(x=np.array([4, 5, 6]), y=[0.5, 1.5]))
    assert (shown.columns, shown.rows) == (["4", "5", "6"], ["0.5", "1.5"])


def test_the_first_row_is_at_the_bottom_where_plotly_puts_it_there():
    drawn = px.imshow(VALUES, y=["a", "b"], zmin=0, title="A map", labels=LABELS, origin="lower")
    drawn.update_traces(text=[["1", "2", "3"], ["4", "5", "6"]], texttemplate="%{text}")
    shown = map_of(json.loads(drawn.to_json()))
    assert shown.rows == ["b", "a"]
    assert shown.values == [[0.0, 0.25, 0.75], [0.12, 0.5, 1.0]]
    assert shown.texts == [["4", "5", "6"], ["1", "2", "3"]]


@pytest.mark.parametrize(
    ("options", "scale"),
    [
        ({}, (1.0, False)),
        ({"zmax": None}, (1.0, False)),
        ({"zmax": 0.5}, (0.5, False)),
        ({"zmin": None, "zmax": None, "color_continuous_midpoint": 0}, (1.0, True)),
        ({"zmin": -2, "zmax": 2}, (2.0, True)),
        # Who gives both ends has no use for a middle: so does plotly.
        ({"color_continuous_midpoint": 0}, (1.0, False)),
    ],
)
def test_the_scale_is_plotlys(options, scale):
    shown = map_of(figure(**options))
    assert (shown.end, shown.diverges) == scale


def test_a_map_of_nothing_but_zeros_has_a_scale():
    assert map_of(figure([[0, 0]], zmin=None, zmax=None, color_continuous_midpoint=0)).end == 1


@pytest.mark.parametrize(
    ("text_auto", "largest", "form"),
    [
        (".3f", 1, ".3f"),
        (".0%", 1, ".0%"),
        (True, 0.5, ".2f"),
        (False, 0.02, ".3f"),
        (False, 1.5, ".2f"),
        (False, 30.5, ".1f"),
        (False, 4000.5, ".0f"),
        (False, 3, ".0f"),
        (False, 0, ".0f"),
    ],
)
def test_numbers_have_the_digits_that_were_asked_for_or_those_that_count(text_auto, largest, form):
    assert map_of(figure([[0, largest]], text_auto=text_auto)).form == form


def test_what_is_kept_of_a_number_is_what_is_shown_of_it():
    shown = map_of(figure([[0.12345, -0.0001]], text_auto=".1%"))
    assert json.dumps(shown.values) == "[[0.123, 0.0]]"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"values": [[float("inf"), 1]]}, "no numbers (NaN, infinite, or none)"),
        ({"values": [[None, 1.0]]}, "no numbers (NaN, infinite, or none)"),
        ({"values": torch.ones(2, 2, 3)}, "(image): draw one heat map"),
        ({"title": None}, "without title: write plotly"),
        ({"labels": {"x": "a", "y": "b"}}, "without labels for color: write"),
        ({"zmin": -1, "zmax": 2}, "write zmin=0, or color_continuous_midpoint=0"),
        ({"zmin": 0, "zmax": -1}, "write zmin=0, or color_continuous_midpoint=0"),
        ({"zmin": 0.1}, "write zmin=0, or color_continuous_midpoint=0"),
        ({"zmin": None, "zmax": None, "color_continuous_midpoint": 0.5}, "write zmin=0, or"),
        ({"text_auto": ".2s"}, "'%{z:.2s}' in its cells"),
        ({"y": ["a", "a"]}, "names two places along y 'a'"),
    ],
)
def test_what_plotly_would_draw_otherwise_is_refused_with_a_remedy(options, complaint):
    with pytest.raises(GuideError) as refused:
        map_of(figure(**options))
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("drawn", "complaint"),
    [
        (go.Figure(), "(empty): draw one heat map"),
        (go.Figure([go.Scatter(y=[1]), go.Bar(y=[1])] * 2), "(scatter, bar, scatter, …): draw"),
        (go.Figure(go.Heatmap(z=VALUES)), "not one of its imshow"),
        (go.Figure(go.Scatter3d(x=[1], y=[1], z=[1])), "(scatter3d): draw one heat map"),
    ],
)
def test_another_figure_is_named_by_what_it_is(drawn, complaint):
    output = {"data": {MIME: json.loads(drawn.to_json())}}
    with pytest.raises(GuideError) as refused:
        check_maps([output])
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("template", "form"),
    [("%{text}", ".2f"), ("%{text}<br>%{z}", ".2f"), ("%{text}<br>%{z:.0%}", ".0%")],
)
def test_a_cell_may_have_a_text_with_its_number_or_without(template, form):
    texts = [["a", "b", "c"], ["d", "e", "f"]]
    drawn = px.imshow(VALUES, zmin=0, title="A map", labels=LABELS)
    drawn.update_traces(text=texts, texttemplate=template)
    shown = map_of(json.loads(drawn.to_json()))
    assert (shown.texts, shown.form) == (texts, form)


def wrong(**changes) -> dict:
    """A figure as plotly would not write it."""
    drawn = figure()
    drawn["data"][0] |= changes
    return drawn


@pytest.mark.parametrize(
    "read",
    [
        {"data": 5},
        {"data": [5]},
        {"data": [{"type": "heatmap"}], "layout": 5},
        wrong(z=5),
        wrong(z=[1, 2]),
        wrong(z={"dtype": "i8", "bdata": "", "shape": "2, 2"}),
        wrong(z={"dtype": "f8", "bdata": "AAAA", "shape": "2, 2"}),
        wrong(z={"dtype": "f8", "bdata": "é", "shape": "2, 2"}),
        wrong(z={"dtype": "i1", "bdata": "AAAA", "shape": "2, 2, 2"}),
        wrong(z=[[1, 2], [3]]),
        wrong(texttemplate=5),
    ],
)
def test_what_no_plotly_has_written_is_refused_too(read):
    with pytest.raises(GuideError, match=r"^shows .*: (draw one|give it|see where)|cannot be read"):
        map_of(read)


@pytest.mark.parametrize("template", ["%{x}", "%{text}%{z}", "%{z:.2f} %{text}", "%{z:d}", "a"])
def test_a_template_that_a_page_does_not_know_is_refused(template):
    drawn = px.imshow(VALUES, zmin=0, title="A map", labels=LABELS)
    drawn.update_traces(text=[["a"] * 3] * 2, texttemplate=template)
    with pytest.raises(GuideError, match=r"in its cells, which a page does not know: write"):
        map_of(json.loads(drawn.to_json()))


def test_texts_are_one_for_each_cell():
    drawn = px.imshow(VALUES, zmin=0, title="A map", labels=LABELS)
    drawn.update_traces(text=[["a", "b", "c"]], texttemplate="%{text}")
    with pytest.raises(GuideError, match="not one for each cell"):
        map_of(json.loads(drawn.to_json()))


def test_names_are_as_many_as_places():
    drawn = px.imshow(VALUES, zmin=0, title="A map", labels=LABELS)
    drawn.update_traces(x=["a", "b"])
    with pytest.raises(GuideError, match="2 names for 3 places along x"):
        map_of(json.loads(drawn.to_json()))
