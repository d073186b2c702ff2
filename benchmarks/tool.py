"""One of the tools that are compared: a project of its own, how to build it, how to edit it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

CODE = "    print(torch.equal(passed_on, received))"  # the last line of the chapter that is edited


@dataclass
class Tool:
    """A project on the disk and the commands that build and serve it.

    Args:
        name: as the table calls it.
        root: the folder of the project.
        build: the command that builds it, run in `root`.
        serve: the command that serves it on a port of 127.0.0.1.
        html: the folder of the built pages.
        page: the address of the page that is edited, which is also its place in `html`.
        prose: the file that holds its prose.
        code: the file that holds its code, or none if nothing is executed.
        caches: what to take away for a cold build.
        variables: of the environment, to be added for this tool.
        build_pages: the command that writes every page, where `build` would leave a site alone.
        add_prose: from the text of `prose`, the text with a sentence added to it.
        add_code: from the text of `code`, the text with a line added to the last cell.

    """

    name: str
    root: Path
    build: list[str]
    serve: Callable[[int], list[str]]
    html: Path
    page: str
    prose: Path
    code: Path | None
    caches: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    build_pages: list[str] | None = None
    add_prose: Callable[[str, str], str] = lambda text, words: f"{text}\n\n{words}\n"
    add_code: Callable[[str, str], str] = lambda text, line: with_line(text, line)

    def __post_init__(self) -> None:
        self._texts = {
            path: path.read_text(encoding="utf-8") for path in (self.prose, self.code) if path
        }

    def edit_prose(self, words: str) -> None:
        """Save the page with these words added to what it was at first."""
        self.prose.write_text(self.add_prose(self._texts[self.prose], words), encoding="utf-8")

    def edit_code(self, number: int) -> str:
        """Save a cell with a line more; return what the page must show then.

        The words are put together by the code, so that the source does not hold them.
        """
        assert self.code is not None
        line = f'print("edit", {number}, "of the snippet")'
        self.code.write_text(self.add_code(self._texts[self.code], line), encoding="utf-8")
        return f"edit {number} of the snippet"


def with_line(text: str, line: str, code: str = CODE) -> str:
    """Return a source with a line after the last one of the chapter's code."""
    if code not in text:
        raise ValueError(f"the benchmark edits the cell that ends in {code.strip()!r}: it is gone")
    before, _, after = text.rpartition(code)
    return f"{before}{code}\n{line}{after}"
