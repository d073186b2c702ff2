"""The folders of this machine that a text may name, and what they are called on a page instead.

Only what this very process knows is replaced, and only as the beginning of a path: nothing that
merely looks like one.
"""

import re
import sysconfig
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path


def machine_paths(root: Path) -> dict[str, str]:
    """Return the folders of this machine that a text may name, and what each is called instead.

    A checkout and the folders of packages have no name: what lies in them begins there.
    """
    packages = [sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib")]
    named = {
        Path(tempfile.gettempdir()): "<tmp>",
        Path.home(): "~",
        **dict.fromkeys(map(Path, packages), ""),
        root: "",
    }
    paths = {str(spelt): name for path, name in named.items() for spelt in (path, path.resolve())}
    return {path: name for path, name in paths.items() if path != Path(path).anchor}


def called(text: str, names: Mapping[str, str]) -> str:
    """Return a text in which each path has its name, wherever it is a path or begins one."""

    def renamed(found: re.Match[str]) -> str:
        name, separator = names[found[1]], found[2]
        return name + separator if name else "" if separator else "."

    return _pattern(frozenset(names)).sub(renamed, text)


@lru_cache
def _pattern(paths: frozenset[str]) -> re.Pattern[str]:
    # The longest first: one may lie in another.
    known = "|".join(re.escape(path) for path in sorted(paths, key=len, reverse=True))
    return re.compile(rf"(?:(?<=://)|(?<![\w.~/-]))({known})(?![\w.-])([/\\]?)")
