"""A figure of plotly's, as its JSON → the heat map that a page shows. Pure: plotly is not imported.

A page shows what the reader sees who runs the same cell: the same cells in the same order, with
the same text, and colours that mean the same. What plotly would draw otherwise is refused.
"""

import base64
import math
import re
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nnsight_guide.base.errors import GuideError
from nnsight_guide.html.maps import Map, is_form

MIME = "application/vnd.plotly.v1+json"
REMEDY = "draw one heat map, with plotly.express.imshow, or show a picture (PNG or JPEG)"
LABELS = "plotly.express.imshow(…, title=…, labels=dict(x=…, y=…, color=…))"
NUMBER_TYPES = {
    **{"i1": "b", "i2": "h", "i4": "i", "u1": "B", "u2": "H", "u4": "I"},
    **{"f4": "f", "f8": "d"},
}
# What plotly writes into each cell: nothing, a text, its number, or one above the other.
IN_CELLS = re.compile(r"(?P<text>%\{text\}(?:<br>|$))?(?P<number>%\{z(?::(?P<form>.*))?\})?")


def check_maps(outputs: Iterable[Mapping[str, Any]]) -> None:
    """Look at the figures of plotly's among the outputs of a cell.

    Raises:
        GuideError: a page cannot show one.

    """
    for output in outputs:
        if MIME in output.get("data", {}):
            map_of(output["data"][MIME])


def map_of(figure: Mapping[str, Any]) -> Map:
    """Return the heat map that a figure is.

    Raises:
        GuideError: it is no single heat map, or a page cannot show what plotly draws.

    """
    try:
        return _map_of(figure)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, struct.error):
        # Not from plotly, which checks what it is given; or from one that writes in another way.
        raise GuideError(f"shows a figure of plotly's that cannot be read: {REMEDY}") from None


def _map_of(figure: Mapping[str, Any]) -> Map:
    layout = figure.get("layout", {})
    trace = _trace(figure)
    axis = layout.get(trace.get("coloraxis"), {})
    if not axis:
        raise GuideError(f"shows a map of plotly's that is not one of its imshow: {REMEDY}")
    labels = {
        "title": layout.get("title"),
        "labels for x": layout.get("xaxis", {}).get("title"),
        "labels for y": layout.get("yaxis", {}).get("title"),
        "labels for color": axis.get("colorbar", {}).get("title"),
    }
    texts = {what: (title or {}).get("text", "") for what, title in labels.items()}
    if missing := [what for what, text in texts.items() if not text]:
        raise GuideError(f"shows a map without {' and '.join(missing)}: write {LABELS}")
    values = _values(trace)
    form, cell_texts = _in_cells(trace, values)
    columns = _ticks(trace, "x", len(values[0]))
    rows = _ticks(trace, "y", len(values))
    if layout.get("yaxis", {}).get("autorange") != "reversed":  # origin="lower"
        values, rows = values[::-1], rows[::-1]
        cell_texts = cell_texts and cell_texts[::-1]
    end, diverges = _scale(axis, values)
    title, x, y, color = texts.values()
    return Map(
        title=title,
        columns_are=x,
        columns=columns,
        rows_are=y,
        rows=rows,
        values_are=color,
        values=_as_shown(values, form),
        form=form,
        texts=cell_texts,
        end=end,
        diverges=diverges,
    )


def _trace(figure: Mapping[str, Any]) -> Mapping[str, Any]:
    traces: list[dict[str, Any]] = figure.get("data", [])
    kinds = [trace.get("type", "scatter") for trace in traces]
    if kinds != ["heatmap"]:
        shown = ", ".join(kinds[:3]) + (", …" if len(kinds) > 3 else "")
        raise GuideError(f"shows a figure of plotly's ({shown or 'empty'}): {REMEDY}")
    return traces[0]


def _values(trace: Mapping[str, Any]) -> list[list[float]]:
    rows = _decoded(trace.get("z", []))
    if not rows or not rows[0]:
        raise GuideError("shows a map without numbers: give it at least one row and one column")
    if len({len(row) for row in rows}) > 1:
        raise ValueError("rows of unequal length")
    if not all(isinstance(v, int | float) and math.isfinite(v) for row in rows for v in row):
        raise GuideError(
            "shows a map with values that are no numbers (NaN, infinite, or none): see where they "
            "come from, or leave out their rows and columns"
        )
    return rows


def _ticks(trace: Mapping[str, Any], axis: str, count: int) -> list[str]:
    ticks = [str(tick) for tick in _decoded(trace.get(axis, range(count)))]
    if len(ticks) != count:
        raise GuideError(f"shows a map with {len(ticks)} names for {count} places along {axis}")
    for tick in ticks:
        if ticks.count(tick) > 1:
            raise GuideError(
                f"shows a map that names two places along {axis} '{tick}', and plotly draws one "
                "for both: number them, as in [f'{i} {token}' for i, token in enumerate(tokens)]"
            )
    return ticks


def _in_cells(
    trace: Mapping[str, Any], values: Sequence[Sequence[float]]
) -> tuple[str, list[list[str]] | None]:
    """Return how numbers are written, and the texts of the cells, if they have some."""
    template = trace.get("texttemplate") or ""
    found = IN_CELLS.fullmatch(template)
    if not found or not is_form(found["form"] or ".2f"):
        raise GuideError(
            f"shows a map with '{template}' in its cells, which a page does not know: write "
            "text_auto='.2f' or '.0%' for numbers, or texttemplate='%{text}<br>%{z:.2f}' for texts"
        )
    form = found["form"] or _usual_form(values)
    if not found["text"]:
        return form, None
    texts = [[str(text) for text in row] for row in _decoded(trace.get("text", []))]
    if [len(row) for row in texts] != [len(row) for row in values]:
        raise GuideError("shows a map whose texts are not one for each cell")
    return form, texts


def _usual_form(values: Sequence[Sequence[float]]) -> str:
    """Return a form with two or three digits of the largest number; whole numbers stay whole."""
    if all(value == int(value) for row in values for value in row):
        return ".0f"
    largest = max(abs(value) for row in values for value in row)
    decimals = (2 if largest >= 1 else 1) - math.floor(math.log10(largest))
    return f".{max(decimals, 0)}f"


def _scale(axis: Mapping[str, Any], values: Sequence[Sequence[float]]) -> tuple[float, bool]:
    """Return the value at the end of the scale, and whether it has its 0 in the middle."""
    low, high = axis.get("cmin"), axis.get("cmax")
    if low is None and high is None and axis.get("cmid") == 0:
        high = max(abs(value) for row in values for value in row)
        low = -high
    if high is None or high < 0 or low not in (0, -high):
        raise GuideError(
            "shows a map whose colours neither begin at 0 nor have it in the middle: write zmin=0, "
            "or color_continuous_midpoint=0"
        )
    return float(high) or 1.0, low != 0


def _as_shown(values: Sequence[Sequence[float]], form: str) -> list[list[float]]:
    """Round to the digits that are shown: what differs beyond them differs from machine to machine.

    Adding 0.0 makes -0.0 the same as 0.0.
    """
    decimals = int(form[1:-1]) + (2 if form.endswith("%") else 0)
    return [[round(value, decimals) + 0.0 for value in row] for row in values]


def _decoded(array: Any) -> list[Any]:
    """Return an array of plotly's as lists: it sends numbers as their bytes."""
    if not isinstance(array, Mapping):
        return list(array)
    letter = NUMBER_TYPES[array["dtype"]]
    numbers = [number for (number,) in struct.iter_unpack(f"<{letter}", _bytes(array))]
    shape = [int(length) for length in str(array.get("shape", len(numbers))).split(",")]
    if len(shape) == 1:
        return numbers
    n_rows, n_columns = shape
    return [numbers[row * n_columns : (row + 1) * n_columns] for row in range(n_rows)]


def _bytes(array: Mapping[str, Any]) -> bytes:
    return base64.b64decode(array["bdata"])
