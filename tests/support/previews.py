"""A preview without its server: edits, and what is served after each."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig

from nnsight_guide.base.project import Project


class Author:
    """Somebody who edits a site, with a preview open."""

    def __init__(self, project: Project, site: str = "site") -> None:
        self.project, self.site = project, site
        self._plugins = self._config().plugins
        self._plugins.on_startup(command="serve", dirty=False)
        self.preview = self._plugins["nnsight-guide"].preview
        try:
            self._build()
        except BaseException:
            self.close()
            raise
        self.server = SimpleNamespace(builder=self._build, root="", _inject_js_into_html=None)
        self.preview.attach(self.server)

    def _config(self):
        file, folder = (str(self.project.root / name) for name in ("mkdocs.yml", self.site))
        return load_config(file, site_dir=folder, dev_addr="127.0.0.1:8765")

    def _build(self) -> None:
        build(self._config())

    def served(self) -> dict[Path, bytes] | str:
        """Build again; return all files that are served, or the line that says what is wrong."""
        self.server.builder()
        return self.preview.broken or files_of(Path(self.preview.served))

    def close(self) -> None:
        self._plugins.on_shutdown()

    def write(self, place: str, change: Callable[[str], str]) -> None:
        path = self.project.root / place
        path.write_text(change(path.read_text()))

    def configure(self, change: Callable[[dict], None]) -> None:
        def changed(text: str) -> str:
            config = yaml.safe_load(text)
            change(config)
            return yaml.safe_dump(config, sort_keys=False)

        self.write("mkdocs.yml", changed)


def files_of(folder: Path) -> dict[Path, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    # A compressed file holds the time at which it was written.
    return {path.relative_to(folder): path.read_bytes() for path in paths if path.suffix != ".gz"}


def differing(served: dict[Path, bytes], right: dict[Path, bytes]) -> list[str]:
    """Return the files that only one has, or that are not the same in both."""
    paths = served.keys() | right.keys()
    return sorted(str(path) for path in paths if served.get(path) != right.get(path))


def from_nothing(project: Project) -> dict[Path, bytes] | str:
    """Return what is served of the site as it is by a preview that begins now."""
    with pytest.MonkeyPatch.context() as patch:
        # Else MkDocs hands out the very plugins that it has.
        patch.setattr(dict(MkDocsConfig._schema)["plugins"], "plugin_cache", {})
        try:
            other = Author(project, "another-site")
        except SystemExit:
            return "broken"
        try:
            return files_of(Path(other.preview.served))
        finally:
            other.close()
