"""Where things lie in a checkout of the guide."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from nnsight_guide.base.errors import GuideError

HOST = "127.0.0.1"  # what is served here stays on this machine


@dataclass(frozen=True)
class Project:
    """A checkout of the guide, known by its folder."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Self:
        """Return the checkout that `start` (default: the current folder) lies in.

        Raises:
            GuideError: no folder upwards from `start` holds `mkdocs.yml` and `snippets/`.

        """
        start = (start or Path.cwd()).resolve()
        for folder in (start, *start.parents):
            if (folder / "mkdocs.yml").is_file() and (folder / "snippets").is_dir():
                return cls(folder)
        raise GuideError(
            "no checkout of the guide here: go to the folder that holds mkdocs.yml and snippets/"
        )

    @property
    def snippets(self) -> Path:
        """The folder of the snippets, an importable package."""
        return self.root / "snippets"

    @property
    def lock_file(self) -> Path:
        """The file that pins every version."""
        return self.root / "requirements.lock"

    @property
    def cache(self) -> Path:
        """The git-ignored folder of what a build makes and may lose."""
        return self.root / ".cache" / "nnsight-guide"

    def snippet_names(self) -> list[str]:
        """Return the names of all snippets: the modules directly in `snippets/`."""
        return modules_in(self.snippets)

    def snippet_path(self, name: str) -> Path:
        """Return the file of the snippet `name`.

        Raises:
            GuideError: there is no such snippet; the nearest name is named.

        """
        path = self.snippets / f"{name}.py"
        if Path(name).name == name and name != "__init__" and path.is_file():
            return path
        if path.is_dir() or (path.is_symlink() and not path.exists()):
            what = "a folder" if path.is_dir() else "a link that leads nowhere"
            raise GuideError(f"snippets/{path.name} is {what}: a snippet is a file, so remove it")
        raise GuideError(f"there is no snippet '{name}'{did_you_mean(name, self.snippet_names())}")


def modules_in(folder: Path) -> list[str]:
    """Return the names of the modules directly in a folder, but for its `__init__`.

    What begins with a dot is no module, but an editor's lock (`.#x.py`) or a system's (`._x.py`).
    """
    names = (path.stem for path in folder.glob("*.py"))
    return sorted(name for name in names if name[0] != "." and name != "__init__")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint at the nearest of the `known` words, as the end of a sentence."""
    known = list(known)
    nearest = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if nearest:
        return f": did you mean '{nearest[0]}'?"
    return f": there are {', '.join(known)}" if known else ""
