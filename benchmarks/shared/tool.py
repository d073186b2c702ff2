"""One of the tools that are compared: a project of its own, how to build it, how to edit it."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from nnsight_guide import demo_model

EDITED = "output-versus-input"  # the chapter that is edited
EDITED_SNIPPET = "input_and_output"  # that it shows
LAST_LINE = "    print(torch.equal(passed_on, received))"  # of that snippet's code
MKDOCS = [sys.executable, "-m", "mkdocs"]


@dataclass
class Tool:
    """A project on the disk and the commands that build and serve it.

    Attributes:
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

    @property
    def model(self) -> str:
        """The model that its cells load: the demo's, if it names none."""
        return self.variables.get("GUIDE_MODEL") or demo_model.MODEL_ID

    def edit_prose(self, number: int) -> str:
        """Save the page with a sentence added to what it was at first; return the sentence."""
        words = f"Edit {number} of the prose."
        self.prose.write_text(self.add_prose(self._texts[self.prose], words), encoding="utf-8")
        return words

    def edit_code(self, number: int) -> str:
        """Save a cell with one more line; return what the page must show then.

        The line puts these words together as it runs, so that the source does not hold them.
        """
        assert self.code is not None
        line = f'print("edit", {number}, "of the snippet")'
        self.code.write_text(self.add_code(self._texts[self.code], line), encoding="utf-8")
        return f"edit {number} of the snippet"


def mkdocs(name: str, folder: Path, *, prose: Path, code: Path | None) -> Tool:
    """Return a project in `folder` that MkDocs builds and serves."""
    return Tool(
        name,
        folder,
        build=[*MKDOCS, "build"],
        serve=lambda port: [*MKDOCS, "serve", "-a", f"127.0.0.1:{port}"],
        html=folder / "site",
        page=f"{prose.parent.name}/{EDITED}/",
        prose=prose,
        code=code,
        caches=[".cache", "site"],
    )


def with_line(text: str, line: str) -> str:
    """Return a source with a line after the last one of the snippet's code."""
    if LAST_LINE not in text:
        end = LAST_LINE.strip()
        raise ValueError(f"the benchmark edits the cell that ends in {end!r}: it is gone")
    before, _, after = text.rpartition(LAST_LINE)
    return f"{before}{LAST_LINE}\n{line}{after}"
