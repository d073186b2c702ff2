"""Which versions are installed of the libraries whose behaviour the pages show."""

import sys
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from nnsight_guide.base.errors import GuideError

LIBRARIES = ("nnsight", "torch", "transformers", "accelerate", "circuitsvis", "plotly")


def installed_versions() -> dict[str, str]:
    """Return the installed version of each of `LIBRARIES`.

    Raises:
        GuideError: one of them is not installed.

    """
    # A library is installed into a folder, whose time of change tells it: each key asks again.
    folders = [Path(entry) for entry in sys.path]
    times = tuple(folder.stat().st_mtime_ns for folder in folders if folder.is_dir())
    return dict(_versions(LIBRARIES, times))


@lru_cache(maxsize=1)
def _versions(libraries: tuple[str, ...], _times: tuple[int, ...]) -> dict[str, str]:
    try:
        return {library: version(library) for library in libraries}
    except PackageNotFoundError as error:
        raise GuideError(f"{error.name} is not installed: run `make install`") from None
