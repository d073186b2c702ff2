"""What mkdocs-jupyter has rendered, kept for the next build.

By itself it writes into the very folder that it reads from, so that a build that is killed leaves
half a file, and builds at the same time read each other's halves. So each works in a folder of its
own, and what it has finished is kept.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from importlib.metadata import version
from pathlib import Path

from nnsight_guide.errors import cannot_write
from nnsight_guide.project import Project
from nnsight_guide.scratch import scratch_folder


class RenderedNotebooks:
    """The folder of one process, and the one of all."""

    def __init__(self, project: Project) -> None:
        """Lend the folder `own`, with all in it that was kept of the same versions.

        Raises:
            GuideError: the cache cannot be written.

        """
        # mkdocs-jupyter knows what it has rendered by the notebook, not by who rendered it.
        versions = "-".join(version(name) for name in ("mkdocs-jupyter", "nbconvert"))
        self.kept = project.cache / "rendered" / versions
        self._lent = ExitStack()
        try:
            self.kept.mkdir(parents=True, exist_ok=True)
            self.own = self._lent.enter_context(scratch_folder(project.cache))
        except OSError as error:
            raise cannot_write(project.cache, error) from None
        _link(self.kept, self.own)

    def keep(self) -> None:
        """Keep what mkdocs-jupyter has in its folder, which is what the last build has used."""
        _link(self.own, self.kept)
        for file in self.kept.glob("*.json"):
            if not (self.own / file.name).exists():
                file.unlink(missing_ok=True)

    def close(self) -> None:
        """Give the folder back."""
        self._lent.close()


def _link(source: Path, target: Path) -> None:
    """Let `target` have the files of `source` too, each as a whole."""
    for file in source.glob("*.json"):
        with suppress(OSError):  # it is there, or has just gone, or here is no linking: no matter
            (target / file.name).hardlink_to(file)
