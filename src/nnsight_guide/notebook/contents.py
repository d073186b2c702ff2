"""The cells of a notebook, one after another: text is gathered until a cell of another kind. Pure.

A figure is recorded as data for the site. A notebook that is a page of the site has the site's own
figure; one to download, what every viewer shows: a picture of attention, and the table of a map.
"""

import base64
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from nnsight_guide.html import figures, maps
from nnsight_guide.html.heat_maps import heat_maps_png
from nnsight_guide.html.render import DRAWN, IMAGES, drawn_kind
from nnsight_guide.recording.real_cells import OUT_OF_DATE

Cell = dict[str, Any]

ATTACHMENT = "figure.png"
PNG = "image/png"
# What a file to download has as HTML, as `DRAWN` for a page; of the rest it has a picture.
IN_DOWNLOADS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    maps.MIME: lambda recorded: maps.map_in_notebook(maps.Map(**recorded)),
    OUT_OF_DATE: DRAWN[OUT_OF_DATE],
}


class Contents:
    """A list of cells that grows; ids and counts tell their places, so equal text is equal bytes.

    Attributes:
        for_page: whether figures are drawn by the site, and need no picture.

    """

    def __init__(self, for_page: bool) -> None:
        self.for_page = for_page
        self._cells: list[Cell] = []
        self._text: list[str] = []
        self._n_code = 0

    def add_text(self, markdown: str) -> None:
        """Add a piece of Markdown: to the cell that others before it stand in."""
        if markdown:
            self._text.append(markdown)

    def add_code(
        self, source: str, outputs: Iterable[Mapping[str, Any]] = (), tags: Iterable[str] = ()
    ) -> None:
        """Add a code cell; what it gave has run in its place."""
        self._end_text()
        self._n_code += 1
        shown = [_shown_output(each, for_page=self.for_page) for each in outputs]
        for output in shown:
            if "execution_count" in output:
                output["execution_count"] = self._n_code
        cell: Cell = {"cell_type": "code", "source": source, "outputs": shown}
        cell["execution_count"] = self._n_code if shown else None
        if tags := list(tags):
            cell["metadata"] = {"tags": tags}
        self._add(cell)

    def add_figure(self, kind: str, drawing: Mapping[str, Any]) -> None:
        """Add a figure alone, without the code that drew it; `kind` is the type of its data."""
        self._end_text()
        html = DRAWN if self.for_page else IN_DOWNLOADS
        if kind in html:
            self._add({"cell_type": "markdown", "source": html[kind](drawing)})
            return
        words = figures.text_alternative(drawing["props"]["tokens"], drawing["props"]["attention"])
        words = words.replace("[", "(").replace("]", ")").replace("\n", " ")  # it is in brackets
        source = f"![{words}](attachment:{ATTACHMENT})"
        attached = {ATTACHMENT: {PNG: _png(drawing)}}
        self._add({"cell_type": "markdown", "source": source, "attachments": attached})

    def finished(self) -> list[Cell]:
        """Return the cells."""
        self._end_text()
        return self._cells

    def _end_text(self) -> None:
        if self._text:
            source = "\n\n".join(self._text)
            self._text.clear()
            self._add({"cell_type": "markdown", "source": source})

    def _add(self, cell: Cell) -> None:
        self._cells.append({"id": f"cell-{len(self._cells) + 1}", "metadata": {}, **cell})


def _shown_output(output: Mapping[str, Any], *, for_page: bool) -> dict[str, Any]:
    """Return one of Jupyter's outputs with its figure, if it has one, as what is to be seen.

    The HTML of anything else is left out, as on a chapter's page: whoever opens the notebook would
    run it.
    """
    if "data" not in output:
        return dict(output)
    shown = ("text/plain", *IMAGES)
    data = {kind: output["data"][kind] for kind in shown if kind in output["data"]}
    if kind := drawn_kind(output):
        drawing = output["data"][kind]
        html = DRAWN if for_page else IN_DOWNLOADS
        if kind in html:
            data["text/html"] = html[kind](drawing)
        else:
            data[PNG] = _png(drawing)
    return {**output, "data": data}


def _png(drawing: Mapping[str, Any]) -> str:
    return base64.b64encode(heat_maps_png(drawing["props"]["attention"])).decode()
