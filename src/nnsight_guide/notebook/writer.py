"""A chapter and its recordings → a notebook with its prose, code and recorded outputs. Pure.

What comes out is Jupyter's own format as plain dictionaries. It runs wherever nnsight does: the
guide's own package is not needed, so what needs it is shown as text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nnsight_guide.base.errors import GuideError
from nnsight_guide.chapter.text import Block, Box, Call, Fence, Text, calls_in
from nnsight_guide.html import notes, provenance, render
from nnsight_guide.html.live import live_markdown
from nnsight_guide.html.published_facts import published_html
from nnsight_guide.model.profiles import GPT_J
from nnsight_guide.notebook import opening, prose
from nnsight_guide.notebook.chapter_source import Chapter, setup_cell
from nnsight_guide.notebook.contents import Contents
from nnsight_guide.recording import cells

SOLUTION = "success"  # the kind of box that a worksheet leaves out
READERS = "your-turn"  # the class of the block that is the reader's to fill in
YOUR_CODE = "# Your code"


def chapter_notebook(
    chapter: Chapter, *, worksheet: bool = False, for_page: bool = False
) -> dict[str, Any]:
    """Return the notebook of a chapter.

    Args:
        chapter: its text and its recordings.
        worksheet: whether solutions are left out, and the reader's own cell put in.
        for_page: whether it is for the site, which draws figures itself, and not for download.

    Raises:
        GuideError: the chapter shows a cell that does not exist; its file and line are named.

    """
    made = _Notebook(chapter, worksheet, Contents(for_page))
    made.add_blocks(chapter.blocks)
    if outputs := provenance.in_notebook(chapter.provenance()):
        made.contents.add_text(f"---\n\n{outputs}")
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {
        "cells": made.contents.finished(),
        "metadata": metadata,
        "nbformat": 4,
        "nbformat_minor": 5,
    }


@dataclass
class _Notebook:
    chapter: Chapter
    worksheet: bool
    contents: Contents
    has_readers_cell: bool = False

    def add_blocks(self, found: Sequence[Block]) -> None:
        for block in found:
            if block is self.chapter.blocks[0]:
                self.add_head(block)
            elif isinstance(block, Call):
                self.add_call(block)
            elif isinstance(block, Box) and block.kind == SOLUTION and self.worksheet:
                self.leave_out(block)
            elif isinstance(block, Box) and _needs_cells(block):
                # What is folded is one cell, and cannot hold others.
                self.contents.add_text(f"**{block.title}**")
                self.add_blocks(block.blocks)
            elif isinstance(block, Fence) and READERS in block.classes and self.worksheet:
                self.has_readers_cell = True
                self.contents.add_code(f"{opening.YOUR_TURN}\n\n{block.code}", tags=[READERS])
            else:
                self.contents.add_text(self.markdown(block))

    def add_head(self, block: Block) -> None:
        """Add the title, a line on where it is from, and the cells that install and choose."""
        title, _, rest = self.markdown(block).partition("\n")
        home = self.chapter.link("")
        self.contents.add_text(f"{title} (worksheet)" if self.worksheet else title)
        self.contents.add_text(opening.origin(home, worksheet=self.worksheet))
        self.contents.add_code(opening.installing_cell(self.chapter.package))
        if self.chapter.is_for_second_model():
            self.contents.add_code(opening.choosing_second_cell())
        else:
            self.contents.add_code(opening.choosing_cell(is_remote=self.chapter.is_remote()))
        if rest.strip():
            self.contents.add_text(rest.strip("\n"))

    def add_call(self, call: Call) -> None:
        if call.function == "setup":
            self.contents.add_text(opening.SETUP)
            self.add_cell(Call("cell", setup_cell(call)))
        elif call.function == "cell":
            self.add_cell(call)
        elif call.function == "output":
            self.add_output(call)
        else:
            self.contents.add_text(self.markdown(call))

    def add_cell(self, call: Call) -> None:
        recorded = self.chapter.recorded(call)
        # What is left out here stands elsewhere on the page, where it must not stand twice.
        is_shown = call.options.get("output", True) or not self.contents.for_page
        raises = [cells.RAISES] if cells.raises(recorded) else []
        self.contents.add_code(recorded["source"], recorded["outputs"] if is_shown else (), raises)

    def add_output(self, call: Call) -> None:
        for output in self.chapter.recorded(call)["outputs"]:
            if kind := render.drawn_kind(output):
                self.contents.add_figure(kind, output["data"][kind])
            elif text := render.output_text(output):
                self.contents.add_text(prose.fence("text", text))

    def leave_out(self, solution: Box) -> None:
        """Say where the solution is; where there is no cell for the reader's own, add one."""
        home = self.chapter.link("")
        where = f"[the chapter]({home})" if home else "the chapter"
        self.contents.add_text(
            f"*The solution is not in this worksheet: it is in {where}, and in the notebook with "
            "solution.*"
        )
        if _needs_cells(solution) and not self.has_readers_cell:
            self.contents.add_code(YOUR_CODE)
        self.has_readers_cell = False

    def markdown(self, block: Block) -> str:
        """Return a block in which no cell of its own is needed."""
        if isinstance(block, Text):
            return prose.plain_markdown(block.markdown, self.chapter.link)
        if isinstance(block, Fence):
            return prose.fence(block.language, block.code)
        if isinstance(block, Call):
            return self.note(block)
        body = "\n\n".join(filter(None, map(self.markdown, block.blocks)))
        title = prose.plain_markdown(block.title, self.chapter.link)
        if block.sign == "===":
            return f"**{title}**\n\n{body}"
        return prose.folded(title, body) if block.sign == "???" else prose.quote(title, body)

    def note(self, call: Call) -> str:
        """Return what a call other than for a cell of the notebook shows."""
        made = self.chapter.provenance()
        if call.function == "which_model":
            return prose.quote(notes.MODEL_TITLE, notes.which_model_markdown(made))
        if call.function == "live":
            return live_markdown(self.chapter.link(""))
        if call.function == "which_service":
            return prose.quote(notes.SERVICE_TITLE, notes.which_service_markdown(made))
        if call.function == "published":
            is_real = {each["model"] for each in made} == {GPT_J}
            return "" if is_real else published_html(*call.arguments)
        if call.function == "fragment":
            recorded = self.chapter.recorded(call)
            shown = "\n".join(filter(None, map(render.output_text, recorded["outputs"])))
            source, output = (prose.fence("python", recorded["source"]), prose.fence("text", shown))
            return f"{source}\n\nprints\n\n{output}" if shown else source
        raise GuideError(f"{self.chapter.path}: a notebook cannot show {call.function}(…)")


def _needs_cells(block: Block) -> bool:
    return any(call.function in ("cell", "output") for call in calls_in(block))
