"""What a row of the table is made of: what is broken, what meets it, what has to be said."""

import contextlib
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from nnsight_guide.base.project import Project
from tests.support.processes import PROGRESS

# Who says a line, and what is said around it: progress, where it was, that this was the end.
SPEAKER = r"^(?:ERROR +-  |Error: |nnsight_guide: )"
NOISE = r"INFO |ERROR +-  Error reading page |Aborted with |make(\[\d+\])?: \*\*\*"

# Above the code of a cell in `snippets/odd.py`.
HEAD = "from snippets.model import model\n\n# %% odd\n"
HEAD_LINES = HEAD.count("\n")

# So that there is something to run.
SOMETHING = {"snippets/odd.py": "# %% odd\nprint(1)\n"}


@dataclass(frozen=True)
class Link:
    """A symbolic link in the place of a file."""

    to: str


class Folder:
    """A folder in the place of a file."""


Content = str | bytes | Link | Folder | None  # None: there is no file
Means = Callable[[Project], AbstractContextManager[Mapping[str, str]]]


@dataclass(frozen=True)
class Case:
    """Something broken, and what has to come of it.

    Args:
        broken: what it is, in words.
        command: what meets it: a command line, after `python -m` (or `make …`).
        line: the one line that has to be said, whole; `…` stands for what is this machine's.
        files: what is written into the project first, by path, and undone after it.
        environment: variables that are set.
        means: what else has to be broken, for as long as it is entered; it hands out variables.
        kept: whether this process meets it, with a kernel that is running already: most need no
            process of their own, and starting one takes longer than all else.
        is_interrupted: whether Ctrl-C is pressed as soon as a cell runs.
        status: the exit status.
        is_long: whether it takes more than ten seconds.

    """

    broken: str
    command: str
    line: str
    files: Mapping[str, Content] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    means: Means | None = None
    kept: bool = False
    is_interrupted: bool = False
    status: int = 1
    is_long: bool = False

    @property
    def arguments(self) -> list[str]:
        """The command line, as a shell takes it apart."""
        return shlex.split(self.command)

    def is_said_by(self, lines: list[str]) -> bool:
        """Whether these lines are the one that was to be said."""
        pattern = ".*".join(map(re.escape, self.line.split("…")))
        return len(lines) == 1 and len(lines[0]) < 600 and bool(re.fullmatch(pattern, lines[0]))

    @contextlib.contextmanager
    def in_place(self, project: Project) -> Iterator[dict[str, str]]:
        """Break what is to be broken, hand out the variables to set, and mend it all again."""
        kept = {name: _content(project.root / name) for name in self.files}
        for name, content in self.files.items():
            _put(project.root / name, content)
        try:
            with self.means(project) if self.means else contextlib.nullcontext({}) as variables:
                yield {**self.environment, **variables}
        finally:
            for name, content in kept.items():
                _put(project.root / name, content)


def snippet(broken: str, content: Content, line: str) -> Case:
    """Return the case of a file that is no snippet."""
    files = {"snippets/odd.py": content}
    return Case(broken, "nnsight_guide run odd", line, files, kept=True)


def cell(broken: str, code: str, line: str, *, at: int = 1, tags: str = "", **more: object) -> Case:
    """Return the case of a cell that goes wrong, at this line of it."""
    files = {"snippets/odd.py": HEAD.rstrip() + f"{tags}\n{code}\n"}
    where = f"snippets/odd.py, line {HEAD_LINES + at}, cell 'odd': "
    return Case(broken, "nnsight_guide run odd", where + line, files, kept=True, **more)  # type: ignore[arg-type]


def leaving(broken: str, code: str, what: str) -> Case:
    """Return the case of a cell that changes what belongs to all."""
    line = (
        f"snippets/odd.py changes {what}, which the snippets after it share: undo the change at "
        "its end, or work on a copy"
    )
    files = {"snippets/odd.py": f"{HEAD}{code}\n"}
    return Case(broken, "nnsight_guide run odd", line, files, kept=True)


def page(broken: str, markdown: str, line: str) -> Case:
    """Return the case of a page that asks for what does not exist."""
    return Case(broken, "mkdocs build", line, {"docs/index.md": markdown})


def said(stderr: str) -> list[str]:
    """Return the lines that tell what is wrong, without who says so."""
    lines = [line.rpartition("\r")[2].rstrip() for line in stderr.replace("\r\n", "\n").split("\n")]
    lines = [line for line in lines if line and not PROGRESS.search(line)]
    lines = [line for line in lines if not re.match(NOISE, line)]
    return [re.sub(SPEAKER, "", line) for line in lines]


def _content(path: Path) -> Content:
    return path.read_bytes() if path.is_file() else None


def _put(path: Path, content: Content) -> None:
    if path.is_dir():
        path.rmdir()
    path.unlink(missing_ok=True)
    if content is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, Folder):
        path.mkdir()
    elif isinstance(content, Link):
        path.symlink_to(content.to)
    else:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
