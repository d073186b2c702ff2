"""Which versions are installed of the libraries whose behaviour the pages show."""

import os
import sys
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, requires, version

from nnsight_guide.base.errors import GuideError

LIBRARIES = ("nnsight", "torch", "transformers", "accelerate", "circuitsvis", "plotly")


def installed_versions() -> dict[str, str]:
    """Return the installed version of each of `LIBRARIES`.

    Raises:
        GuideError: one of them is not installed.

    """
    return dict(_versions(LIBRARIES, _times()))


def needed_versions() -> dict[str, str]:
    """Return the version of each of `LIBRARIES`, and of all that these declare to need here.

    The mark of a local build is left out (`2.13.0`, and not `2.13.0+cpu`). Raises as above.
    """
    return dict(_needed(LIBRARIES, _times()))


def _times() -> tuple[int, ...]:
    # A library is installed into a folder, whose time of change tells it: each key asks again, of
    # hundreds of snippets, and paths would take ten times as long.
    return tuple(os.stat(entry).st_mtime_ns for entry in sys.path if os.path.isdir(entry))  # noqa: PTH112, PTH116


@lru_cache(maxsize=1)
def _versions(libraries: tuple[str, ...], _times: tuple[int, ...]) -> dict[str, str]:
    try:
        return {library: version(library) for library in libraries}
    except PackageNotFoundError as error:
        raise GuideError(f"{error.name} is not installed: run `make install`") from None


@lru_cache(maxsize=1)
def _needed(libraries: tuple[str, ...], times: tuple[int, ...]) -> dict[str, str]:
    from packaging.requirements import Requirement  # here, since few ask
    from packaging.utils import canonicalize_name

    found = _versions(libraries, times).copy()
    waiting = [(name, "") for name in libraries]
    seen = set(waiting)
    while waiting:
        name, extra = waiting.pop()
        for needed in map(Requirement, requires(name) or ()):
            if needed.marker is not None and not needed.marker.evaluate({"extra": extra}):
                continue
            brought = canonicalize_name(needed.name)
            with suppress(PackageNotFoundError):  # whoever needs it can do without, then
                found[brought] = version(brought)
                new = {(brought, ""), *((brought, extra) for extra in needed.extras)} - seen
                waiting += new
                seen |= new
    return {name: number.partition("+")[0] for name, number in sorted(found.items())}
