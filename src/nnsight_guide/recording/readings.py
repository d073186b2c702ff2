"""What a run read of the checkout: each file, folder and pattern by name, with its value then.

The interpreter tells of every `open`, and of every folder that is listed, before it happens (its
audit events). So a process that runs snippets listens from its start on (`Readings`), and what was
read stands in the recording beside the key's parts, which are known without a run.

A module is executed once in a process, and may keep what it read then. So what it reads belongs to
it as well as to the snippet that runs, and a later snippet that imports the module has read that,
too.
"""

import glob
import hashlib
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import source_from_cache
from pathlib import Path
from types import FrameType
from typing import Any

MISSING, FOLDER, CLOSED = "missing", "a folder", "not to be read"
LIKE = "files like "  # begins the name of a pattern; that of a folder which was listed ends with /
COMPILED = "__pycache__"
RUN = ""  # whose reading it was, beside modules: that of the code that runs

LISTS = {"os.listdir", "os.scandir"}
PATTERNS = {"glob.glob", "glob.glob/2", "pathlib.Path.glob", "pathlib.Path.rglob"}
MOVES = {"os.rename", "os.link"}
EVENTS = {"open", "os.mkdir", *LISTS, *PATTERNS, *MOVES}
# These list folders to see which modules and distributions there are.
SEARCHES = {"importlib", "importlib_metadata", "pkg_resources", "pkgutil"}
NOT_OURS = {COMPILED, "site-packages", "dist-packages"}  # of what is installed, the versions count


def value_of(root: Path, name: str) -> str:
    """Return what would be read under a name today: a hash, or that there is nothing."""
    if name.startswith(LIKE):
        found = glob.glob(name.removeprefix(LIKE), root_dir=root, recursive=True)  # noqa: PTH207
        return content_hash("\n".join(sorted(found)).encode())
    path = root / name
    try:
        if name.endswith("/"):
            return content_hash("\n".join(_listing(path)).encode()) if path.is_dir() else MISSING
        if path.is_file():
            return content_hash(path.read_bytes())
    except OSError:
        return CLOSED
    return FOLDER if path.is_dir() else MISSING


def changed(root: Path, read: Mapping[str, str]) -> list[str]:
    """Return the names of what is not any more what was read."""
    return [name for name, value in read.items() if value_of(root, name) != value]


class Readings:
    """Listens to what this process reads and makes below a folder.

    Attributes:
        by_reader: what was read, and its value when that was first done: by the code that runs
            (`RUN`), and by each module of the project for as long as there is the process.

    """

    def __init__(self, root: Path, but_for: str = COMPILED) -> None:
        """Begin to listen; there is no end to it but the process's.

        Nothing counts in folders that are called `but_for`.
        """
        self.root = root.resolve()
        self.by_reader: dict[str, dict[str, str]] = {RUN: {}}
        self._not_ours = {*NOT_OURS, but_for}
        self._made: set[str] = set()
        self._own = threading.local()
        sys.addaudithook(self._hear)

    def begin(self) -> None:
        """Let other code run: what was read up to now, and by no module, was not its."""
        self.by_reader[RUN] = {}
        self._made.clear()

    def outdated(self) -> list[str]:
        """Return what modules in this process have read, and may have kept, and is not so now."""
        modules = [reader for reader in self.by_reader if reader != RUN]
        with self._deaf():
            return [name for m in modules for name in changed(self.root, self.by_reader[m])]

    def settled(self) -> dict[str, dict[str, str]]:
        """Return what was read, by reader, now that the code has run.

        In a folder that was listed it may have made files itself, or taken them away again: then
        the folder counts as the next run will find it.
        """
        made_in = {f"{Path(name).parent.as_posix()}/" for name in self._made}
        with self._deaf():
            for read in self.by_reader.values():
                read.update({name: value_of(self.root, name) for name in made_in & read.keys()})
        return self.by_reader

    @contextmanager
    def _deaf(self) -> Iterator[None]:
        """Hear nothing of what this thread itself reads meanwhile."""
        self._own.is_deaf = True
        try:
            yield
        finally:
            self._own.is_deaf = False

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in EVENTS or getattr(self._own, "is_deaf", False):
            return
        with self._deaf(), suppress(OSError, TypeError, ValueError):  # there is no such path
            if event in PATTERNS:
                self._hear_pattern(event, arguments)
            elif event in LISTS:
                self._hear_list(arguments[0])
            elif event in MOVES:
                self._note(self._name(arguments[0]))
                self._take_as_made(arguments[1])
            elif event == "os.mkdir" or arguments[2] & (os.O_TRUNC | os.O_EXCL):
                self._hear_making(event, arguments)
            else:
                self._note(self._name(arguments[0]))

    def _hear_list(self, folder: Any) -> None:
        caller = sys._getframe(2).f_globals.get("__name__", "")
        if caller.partition(".")[0] not in SEARCHES:
            self._note(self._name("." if folder is None else folder), "/")

    def _hear_pattern(self, event: str, arguments: tuple[Any, ...]) -> None:
        base, pattern = arguments[:2] if event.startswith("pathlib") else (None, arguments[0])
        if event == "glob.glob/2":
            base = arguments[2]
        if event == "pathlib.Path.rglob":
            pattern = f"**/{os.fspath(pattern)}"
        pattern = os.path.join(base or "", pattern)  # noqa: PTH118 - a pattern is no path
        if (name := self._name(pattern)) is not None:
            self._note(LIKE + name)

    def _hear_making(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Hear of what makes a file or a folder anew, or fails if there is one already."""
        may_fail = event == "os.mkdir" or arguments[2] & os.O_EXCL
        if may_fail and os.path.lexists(arguments[0]):
            self._note(self._name(arguments[0]))
        else:
            self._take_as_made(arguments[0])

    def _take_as_made(self, path: Any) -> None:
        if name := self._name(path):
            self._made.add(name)

    def _name(self, path: Any) -> str | None:
        """Return the name of what lies in the checkout and counts; None of all else."""
        if isinstance(path, int):
            return None  # it was open before
        place = Path(os.path.abspath(os.fsdecode(path)))  # noqa: PTH100 - links stay as they are
        if not place.is_relative_to(self.root):
            place = Path(os.path.realpath(place))
        if not place.is_relative_to(self.root):
            return None
        if place.parent.name == COMPILED and place.suffix == ".pyc":
            place = Path(source_from_cache(str(place)))
        name = place.relative_to(self.root)
        is_hidden = any(folder.startswith(".") for folder in name.parts[:-1])
        return None if is_hidden or self._not_ours & {*name.parts} else name.as_posix()

    def _note(self, name: str | None, ending: str = "") -> None:
        """Note that the code that runs has read this, and the modules whose code it has called."""
        if name is None or self._made & {name, *(p.as_posix() for p in Path(name).parents)}:
            return
        name += ending
        run = self.by_reader[RUN]
        value = run[name] if name in run else value_of(self.root, name)
        for reader in [RUN, *self._modules()]:
            self.by_reader.setdefault(reader, {}).setdefault(name, value)

    def _modules(self) -> Iterator[str]:
        """Yield the files of the project whose code is at work, in this thread and the main one."""
        main = sys._current_frames().get(threading.main_thread().ident or 0)
        start = f"{self.root}{os.sep}"
        for file in {*_files(sys._getframe()), *_files(main)}:
            if file.startswith(start):
                yield Path(file).relative_to(self.root).as_posix()


def merged(by_reader: Mapping[str, Mapping[str, str]], readers: Iterable[str]) -> dict[str, str]:
    """Return what was read by any of these, sorted by name."""
    read = {n: value for reader in readers for n, value in by_reader.get(reader, {}).items()}
    return dict(sorted(read.items()))


def _files(frame: FrameType | None) -> Iterator[str]:
    while frame is not None:
        yield frame.f_code.co_filename
        frame = frame.f_back


def _listing(folder: Path) -> list[str]:
    """Return the names in a folder; not the hidden ones, which systems and editors leave."""
    names = (entry.name for entry in folder.iterdir())
    return sorted(name for name in names if name[0] != "." and name != COMPILED)


def content_hash(content: bytes) -> str:
    """Return the hash of a file's content; of a text the same whatever its lines end with."""
    text = content if b"\0" in content else content.replace(b"\r\n", b"\n")
    return hashlib.sha256(text).hexdigest()[:16]
