"""The package as a wheel, which a site carries: `python -m nnsight_guide.site.wheel FOLDER`.

The same sources give the same bytes. Other sources give another version, since pip leaves alone
what it has installed at the same one; which of two versions is the higher has no meaning, and pip,
which is given an address, does not ask.
"""

import hashlib
import sys
import tomllib
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from nnsight_guide.base.errors import GuideError, cannot_write
from nnsight_guide.base.project import Project
from nnsight_guide.base.scratch import scratch_folder
from nnsight_guide.demo_model.digests import file_digest
from nnsight_guide.html.installing import DOWNLOADS, Package, pins
from nnsight_guide.site.stamp import files_below

PACKAGE = "src/nnsight_guide"
BESIDE = ("pyproject.toml", "README.md", "LICENSE")  # what its metadata is made of
DIGITS = 8  # of the hash, in base 16: as a number it has ten


def offer(project: Project, files: Files, config: MkDocsConfig, *, is_preview: bool) -> Package:
    """Add the wheel to the files of a site, with its hash, and return what the site offers.

    A preview is for whoever has a clone: it has an address, but not for long.

    Raises:
        GuideError: it cannot be built, or not be written.

    """
    lock = project.lock_file
    offline = config.plugins.get("material/offline")
    name = ""
    if (project.root / "pyproject.toml").is_file():
        for path in (built := wheel(project), _digest_file(built)):
            content = path.read_bytes()  # at once: another build may replace it
            files.append(File.generated(config, f"{DOWNLOADS}{path.name}", content=content))
        name = built.name
    return Package(
        wheel=name,
        pins=pins(lock.read_text(encoding="utf-8")) if lock.is_file() else (),
        site="" if is_preview else config.site_url or "",
        is_offline=offline is not None and offline.config["enabled"],
    )


def wheel(project: Project) -> Path:
    """Return the wheel of the package, which is built if its sources have changed.

    Raises:
        GuideError: it cannot be built, or not be written.

    """
    kept = project.cache / "wheel"
    config = _config(project)
    version = f"{config['project']['version']}.post{_number(project)}"
    path = kept / f"nnsight_guide-{version}-py3-none-any.whl"
    digest = _digest_file(path)
    try:
        if not (path.is_file() and digest.is_file() and digest.read_text() == _digest_of(path)):
            kept.mkdir(parents=True, exist_ok=True)
            with scratch_folder(kept) as folder:
                built = _build(project, config, version, folder)
                (folder / digest.name).write_text(_digest_of(built))
                for old in kept.glob("*.whl*"):
                    old.unlink(missing_ok=True)
                for file in (built, folder / digest.name):
                    file.replace(kept / file.name)
    except OSError as error:
        raise cannot_write(kept, error) from None
    return path


def _config(project: Project) -> dict[str, Any]:
    path = project.root / "pyproject.toml"
    try:
        config = tomllib.loads(path.read_text(encoding="utf-8"))
        config["project"]["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise GuideError(f"pyproject.toml cannot be read, or names no version: {error}") from None
    return config


def _number(project: Project) -> int:
    """Return a number that stands for the sources."""
    digest = hashlib.sha256()
    for path in (*files_below(project.root / PACKAGE), *(project.root / name for name in BESIDE)):
        digest.update(f"{path.relative_to(project.root).as_posix()}\0".encode())
        digest.update(bytes.fromhex(file_digest(path)))
    return int(digest.hexdigest()[:DIGITS], 16)


def _digest_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _digest_of(path: Path) -> str:
    """Return the line that `sha256sum` writes for a file, and checks."""
    return f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"


def _build(project: Project, config: dict[str, Any], version: str, folder: Path) -> Path:
    """Build the wheel with this version; the builder is the one that pyproject.toml names."""
    try:
        from hatchling.builders.wheel import WheelBuilder
        from hatchling.metadata.core import ProjectMetadata
        from hatchling.plugin.manager import PluginManager
    except ImportError:
        raise GuideError("hatchling is not installed: run `make install`") from None

    config = {**config, "project": {**config["project"], "version": version}}
    root, plugins = str(project.root), PluginManager()
    metadata = ProjectMetadata(root, plugins, config)
    try:
        builder = WheelBuilder(root, plugin_manager=plugins, metadata=metadata)
        (built,) = builder.build(directory=str(folder), versions=["standard"])
    except (ValueError, TypeError) as error:  # what it says of settings that it cannot use
        raise GuideError(f"the package's wheel cannot be built: {error}") from None
    return Path(built)


def main(folder: Path) -> None:
    """Put the wheel of the checkout that this is called in into a folder."""
    built = wheel(Project.find())
    folder.mkdir(parents=True, exist_ok=True)
    (folder / built.name).write_bytes(built.read_bytes())
    print(folder / built.name)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except GuideError as error:
        sys.exit(f"nnsight_guide: {error}")
