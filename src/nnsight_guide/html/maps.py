"""A heat map of numbers → a table whose cells have colours: for a page, and for a notebook. Pure.

The table is all there is: it needs no script, and says every number as text. A page's script
(docs/assets/map.js) adds the arrow keys, and a line that says the whole of one cell.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape

from nnsight_guide.html.figures import visible

MIME = "application/vnd.nnsight-guide.map+json"
FORM = re.compile(r"\.\d[f%]")
# In a notebook, whose theme nobody knows: a tint that both black and white text stand out from.
MORE, LESS = "28 120 152", "178 96 30"
TINT = 0.7  # of the strongest


@dataclass(frozen=True)
class Map:
    """A heat map, as it is recorded.

    Attributes:
        title: what it shows.
        columns_are: what stands along it from left to right: "token".
        columns: the name of each column.
        rows_are: what stands along it from top to bottom: "layer".
        rows: the name of each row.
        values_are: what the numbers, and so the colours, are: "probability".
        values: the numbers, row by row, rounded to what is shown of them.
        form: how they are written, as Python and plotly both know it: ".2f", ".0%".
        texts: the text of each cell, if it is not its number.
        end: the value of the strongest colour.
        diverges: whether 0 stands in the middle of the scale, and -`end` at its other end.

    """

    title: str
    columns_are: str
    columns: list[str]
    rows_are: str
    rows: list[str]
    values_are: str
    values: list[list[float]]
    form: str
    texts: list[list[str]] | None
    end: float
    diverges: bool

    def cells(self, row: int) -> Iterator[tuple[float, str, str]]:
        """Yield of each cell of a row its value, as a number and as it is written, and its text."""
        texts = self.texts[row] if self.texts else [""] * len(self.columns)
        for value, text in zip(self.values[row], texts, strict=True):
            yield value, format(value, self.form), text

    def share(self, value: float) -> float:
        """Return how strong the colour of a value is, from 0 to 1; below 0, of the other colour."""
        return max(-1.0 if self.diverges else 0.0, min(value / self.end, 1.0))


def is_form(form: str) -> bool:
    """Whether numbers can be written so."""
    return FORM.fullmatch(form) is not None


def map_html(shown: Map) -> str:
    """Return the figure of a page, on one line; equal maps give equal bytes."""
    table = _table_html(shown, _share)
    ends = [-shown.end, 0, shown.end] if shown.diverges else [0, shown.end]
    scale = "".join(f"<span>{format(end, shown.form)}</span>" for end in ends)
    kind = " guide-map-diverges" if shown.diverges else ""
    name = hashlib.sha256(table.encode()).hexdigest()[:12]
    return (
        f'<figure class="guide-map{kind}" id="map-{name}" data-search-exclude>'
        f'<div class="guide-map-scroll">{table}</div>'
        f'<figcaption><span class="guide-map-words">{_text(map_words(shown))}</span>'
        '<span class="guide-map-said" aria-hidden="true"></span>'
        f'<span class="guide-map-scale"><span class="guide-map-are">{_text(shown.values_are)}'
        f'</span> <span class="guide-map-ends">{scale}</span></span></figcaption></figure>'
    )


def map_in_notebook(shown: Map) -> str:
    """Return the table alone, with colours of its own: no style sheet is there."""
    return _table_html(shown, _tint)


def map_text(shown: Map) -> str:
    """Return the table as text, for where nothing else can be shown."""
    lines = [["", *map(visible, shown.columns)]]
    for number, row in enumerate(shown.rows):
        cells = (f"{visible(text).strip()} {value}" for _, value, text in shown.cells(number))
        lines.append([visible(row), *map(str.strip, cells)])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    table = "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
    return f"{visible(shown.title)}\n{table}"


def map_words(shown: Map) -> str:
    """Say in words what the map is, and where it is strongest."""
    places = [
        (value, written, text, row, column)
        for row, name in enumerate(shown.rows)
        for column, (value, written, text) in enumerate(shown.cells(row))
    ]
    ends = {"Largest": max(places, key=lambda place: place[0])}
    if shown.diverges:
        ends["Smallest"] = min(places, key=lambda place: place[0])
    found = "; ".join(
        f"{which} {written}{f' (“{text}”)' if text else ''} at {shown.rows_are} {shown.rows[row]}, "
        f"{shown.columns_are} {shown.columns[column]}"
        for which, (_, written, text, row, column) in ends.items()
    )
    return (
        f"A map of {shown.values_are}: a row for each {shown.rows_are}, a column for each "
        f"{shown.columns_are}. {found}."
    )


def _table_html(shown: Map, style: Callable[[float], str]) -> str:
    """Return the table; `style` says what is the style of a cell whose colour is so strong."""
    columns = "".join(f'<th scope="col">{_text(name)}</th>' for name in shown.columns)
    body = ""
    for number, row in enumerate(shown.rows):
        cells = "".join(
            f'<td style="{style(shown.share(value))}">'
            + (f"{_text(text)} <small>{written}</small>" if text else written)
            + "</td>"
            for value, written, text in shown.cells(number)
        )
        body += f'<tr><th scope="row">{_text(row)}</th>{cells}</tr>'
    return (
        f'<table class="guide-map-table"><caption><span>{_text(shown.title)}</span></caption>'
        f'<thead><tr><td></td><th scope="colgroup" colspan="{len(shown.columns)}">'
        f"{_text(shown.columns_are)}</th></tr>"
        f'<tr><th scope="col">{_text(shown.rows_are)}</th>{columns}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _share(share: float) -> str:
    colour = "less" if share < 0 else "more"
    return f"--share:{abs(share):.0%};--colour:var(--guide-map-{colour})"


def _tint(share: float) -> str:
    return f"background:rgb({LESS if share < 0 else MORE} / {abs(share) * TINT:.2f})"


def _text(text: str) -> str:
    """Return text as HTML; a token that is nothing but white space has a sign of its own."""
    shown = visible(text)
    return escape(shown if shown.strip() else "␣" * max(len(shown), 1))
