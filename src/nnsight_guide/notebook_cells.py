"""The cells of a notebook, one after another: text is gathered until a cell of another kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nnsight_guide import notebook_figures

Cell = dict[str, Any]


class Cells:
    """A list of cells that grows; ids and counts tell their places, so equal text is equal bytes.

    `for_page` says that figures are drawn by the site, and need no picture.
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
        shown = [notebook_figures.shown_output(each, for_page=self.for_page) for each in outputs]
        for output in shown:
            if "execution_count" in output:
                output["execution_count"] = self._n_code
        cell: Cell = {"cell_type": "code", "source": source, "outputs": shown}
        cell["execution_count"] = self._n_code if shown else None
        if tags := list(tags):
            cell["metadata"] = {"tags": tags}
        self._add(cell)

    def add_figure(self, drawing: Mapping[str, Any]) -> None:
        """Add a figure alone, without the code that drew it."""
        self._end_text()
        source, files = notebook_figures.markdown_cell(drawing, for_page=self.for_page)
        attached = {"attachments": files} if files else {}
        self._add({"cell_type": "markdown", "source": source, **attached})

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
