"""Attention patterns → still pictures: one small heat map for each head, as SVG and as PNG. Pure.

Pages have the SVG, which is sharp at every size. Notebooks have the PNG, the one picture that every
viewer shows: JupyterLab leaves out SVG and HTML until the reader trusts the notebook.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

Pattern = list[list[float]]  # from each position (row) to each position (column)

COLUMNS = 4


@dataclass(frozen=True)
class Grid:
    """Where the heat maps of a picture stand, row by row, `COLUMNS` in each.

    Attributes:
        side: of one heat map.
        gap: between two of them.
        above: the height above each of them, for its name.

    """

    side: int
    gap: int
    above: int

    def places(self, n_heads: int) -> Iterator[tuple[int, int, int]]:
        """Yield each head with the left and the upper edge of its heat map."""
        for head in range(n_heads):
            row, column = divmod(head, COLUMNS)
            yield head, column * (self.side + self.gap), row * self.height + self.above

    @property
    def height(self) -> int:
        """Of one row."""
        return self.above + self.side

    def size(self, n_heads: int) -> tuple[int, int]:
        """Return the width and the height of all."""
        width = min(COLUMNS, n_heads) * (self.side + self.gap)
        return width, n_rows(n_heads) * self.height


def n_rows(n_heads: int) -> int:
    """Return in how many rows that many heat maps stand."""
    return math.ceil(n_heads / COLUMNS)


# The SVG: lengths are in units of the picture's own.
SVG_GRID = Grid(side=114, gap=12, above=26)
SVG_BELOW = 6  # of what is above, so much stands below: the labels' room
LETTER = 7  # a letter of a label takes about this much
LABEL_CELL = 8  # cells narrower than this have no room for the name of their token
UNITS_PER_REM = 20  # Material's rem on a screen of usual width
LABEL_LETTERS = 11
SVG_SHADES = 20  # steps of 0.05: finer ones cannot be told apart
INK, EDGE, TEXT = "#14506b", "#9aa3a8", "#1d2327"


def heat_maps_svg(tokens: Sequence[str], heads: Sequence[Pattern], words: str) -> str:
    """Return the picture, with `words` as its text alternative.

    Tokens are named at the left and below, where their cells leave room for it. Colours stand in
    the picture itself, so that it is whole where no style sheet is.
    """
    side = SVG_GRID.side
    cell = side / len(tokens)
    labels = [_short(token) for token in tokens] if cell >= LABEL_CELL else []
    margin = LETTER * max(map(len, labels), default=0)
    width, height = (length + margin for length in SVG_GRID.size(len(heads)))
    maps = "".join(
        f'<g transform="translate({margin + x} {y - SVG_BELOW})">'
        f'<text y="-5" font-weight="600">Head {head}</text>'
        f'<g fill="{INK}" transform="scale({cell:.4g})">{_cells(heads[head])}</g>'
        f'<rect width="{side}" height="{side}" fill="none" stroke="{EDGE}"/>'
        + (_labels(labels, cell) if x == 0 else "")
        + (_labels(labels, cell, below=True) if head + COLUMNS >= len(heads) else "")
        + "</g>"
        for head, x, y in SVG_GRID.places(len(heads))
    )
    return (
        f'<svg class="guide-figure-still" viewBox="0 0 {width} {height}" '
        f'style="width:{width / UNITS_PER_REM:g}rem" role="img" aria-label="{escape(words)}" '
        f'font-family="system-ui,sans-serif" font-size="11" fill="{TEXT}">{maps}</svg>'
    )


def _cells(pattern: Pattern) -> str:
    """Draw a heat map in units of one cell: a path for each shade, as short as can be."""
    shades: dict[int, list[str]] = {}
    for i, row in enumerate(pattern):
        for j, value in enumerate(row):
            shade = round(min(value, 1) * SVG_SHADES)
            if shade > 0:
                shades.setdefault(shade, []).append(f"M{j} {i}h1v1h-1z")
    return "".join(
        f'<path fill-opacity="{shade / SVG_SHADES:g}" d="{"".join(cells)}"/>'
        for shade, cells in sorted(shades.items())
    )


def _labels(labels: Sequence[str], cell: float, *, below: bool = False) -> str:
    turned = f' transform="translate(0 {SVG_GRID.side}) rotate(-90)"' if below else ""
    texts = (
        f'<text x="-4" y="{(i + 0.5) * cell:.4g}">{escape(label)}</text>'
        for i, label in enumerate(labels)
    )
    return f'<g text-anchor="end" dominant-baseline="central"{turned}>{"".join(texts)}</g>'


def _short(token: str) -> str:
    token = token.strip() or "␣"
    return token if len(token) <= LABEL_LETTERS else token[: LABEL_LETTERS - 1] + "…"


# The PNG: lengths are in pixels.
DOT = 3  # the side of each dot of a digit
NUMBER = 5 * DOT + 8  # the height of a head's number, with the room below it
PNG_GRID = Grid(side=144, gap=16, above=16 + NUMBER)

# The palette: the shades from white to ink, and behind them the colours of edges and numbers.
PNG_SHADES = 200
PALETTE = [
    round(255 - (255 - part) * shade / PNG_SHADES)
    for shade in range(PNG_SHADES + 1)
    for part in bytes.fromhex(INK[1:])
] + [part for colour in (EDGE, TEXT) for part in bytes.fromhex(colour[1:])]
EDGE_INDEX, TEXT_INDEX = PNG_SHADES + 1, PNG_SHADES + 2

# Each digit is five rows of three dots; a row is a number in binary.
DIGITS = (
    *("75557", "26227", "71747", "71717", "55711"),
    *("74717", "74757", "71122", "75757", "75717"),
)


def heat_maps_png(heads: Sequence[Pattern]) -> bytes:
    """Return the heat maps of all heads, numbered, on white; darker is more."""
    from PIL import Image, ImageDraw

    width, height = (length + PNG_GRID.gap for length in PNG_GRID.size(len(heads)))
    picture = Image.new("P", (width, height))
    picture.putpalette(PALETTE)
    draw = ImageDraw.Draw(picture)
    side = PNG_GRID.side
    for head, x, y in PNG_GRID.places(len(heads)):
        _write(draw, x + PNG_GRID.gap, y - NUMBER, str(head))
        n_tokens = len(heads[head])
        cells = Image.new("P", (n_tokens, n_tokens))
        cells.putdata([round(min(value, 1) * PNG_SHADES) for row in heads[head] for value in row])
        # Each pixel has the colour of the cell in which its upper left corner lies.
        scale = n_tokens / side
        to_cell = 1e-6 - scale / 2
        enlarged = (scale, 0, to_cell, 0, scale, to_cell)
        picture.paste(
            cells.transform((side, side), Image.Transform.AFFINE, enlarged), (x + PNG_GRID.gap, y)
        )
        corners = (x + PNG_GRID.gap, y, x + PNG_GRID.gap + side - 1, y + side - 1)
        draw.rectangle(corners, outline=EDGE_INDEX)
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=9)
    return file.getvalue()


def _write(draw: ImageDraw, x: int, y: int, number: str) -> None:
    for place, digit in enumerate(number):
        for line, dots in enumerate(DIGITS[int(digit)]):
            for dot in range(3):
                if int(dots) & (4 >> dot):
                    left, top = x + (4 * place + dot) * DOT, y + line * DOT
                    draw.rectangle((left, top, left + DOT - 1, top + DOT - 1), fill=TEXT_INDEX)
