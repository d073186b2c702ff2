"""What a build of the preview leaves behind, and how it is put away while nobody waits.

That is memory, 10 MB for as long as MkDocs runs, and sites that are not served any more, whose
folders take as long to remove as a third of a build.
"""

import gc
import shutil
import sys
import threading
from collections.abc import Iterable
from functools import _lru_cache_wrapper

KEEPERS = ("griffe", "mkdocstrings_handlers")
SECONDS_LATER = 0.3  # by then the author has the page


class Leftovers:
    """Puts away what is left of a build, in a thread of its own."""

    def __init__(self) -> None:
        """Begin with nothing to put away."""
        self._hurry = threading.Event()
        self._thread: threading.Thread | None = None

    def put_away_soon(self, sites: Iterable[str]) -> None:
        """Put away what the build has left that is done now, these folders among it."""
        self.be_done()
        self._hurry.clear()
        self._thread = threading.Thread(target=self._put_away, args=[list(sites)], daemon=True)
        self._thread.start()

    def be_done(self) -> None:
        """Return when all is put away, as it has to be before the next build begins."""
        self._hurry.set()
        if self._thread is not None:
            self._thread.join()

    def _put_away(self, sites: list[str]) -> None:
        self._hurry.wait(SECONDS_LATER)
        forget_last_build()
        for site in sites:
            shutil.rmtree(site, ignore_errors=True)


def forget_last_build() -> None:
    """Free the memory of a build that is done.

    What mkdocstrings and griffe keep is keyed by that build's own objects: no other can use it.
    The rest points to itself, and Python would look for it after hundreds of builds only.
    """
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in KEEPERS:
            for value in list(vars(module).values()):
                if isinstance(value, _lru_cache_wrapper):
                    value.cache_clear()
    gc.collect()
