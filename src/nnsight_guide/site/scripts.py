"""What the pages' scripts fetch when a reader needs it, and no page before."""

import base64
from importlib.metadata import distribution
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

FOLDER = "assets/live"  # of the engine of the live figure
LOADER = f"{FOLDER}/load.js"  # whoever has none has no such figure
# Not .gz: some servers would tell the browser to unpack it, which the engine does itself.
MODEL = f"{FOLDER}/demo-model.bin"
# A page that was opened from a folder can fetch nothing, and yet load scripts.
MODEL_OFFLINE = f"{FOLDER}/demo-model.js"


def add_fetched(files: Files, config: MkDocsConfig, *, is_offline: bool) -> None:
    """Add to a site the script that draws figures and, with its engine, the model to run.

    Raises:
        GuideError: the model's files are damaged, or its checkpoint cannot be written.

    """
    script = File.generated(config, "assets/circuitsvis.js", abs_src_path=str(figure_script()))
    files.append(script)
    if files.get_file_from_path(LOADER) is not None:
        name, content = model_file(is_offline=is_offline), live_model(is_offline=is_offline)
        files.append(File.generated(config, name, content=content))


def figure_script() -> Path:
    """Return circuitsvis's own script, found without importing the package (it imports torch)."""
    return Path(str(distribution("circuitsvis").locate_file("circuitsvis/dist/cdn/iife.js")))


def model_file(*, is_offline: bool) -> str:
    """Return where in a site the model for its pages is."""
    return MODEL_OFFLINE if is_offline else MODEL


def live_model(*, is_offline: bool) -> bytes:
    """Return the content of the file with the model: compressed, or that in a script.

    Raises:
        GuideError: the model's files are damaged, or its checkpoint cannot be written.

    """
    from nnsight_guide.demo_model.packed import packed

    if is_offline:
        return b'guideLive.packed = "' + base64.b64encode(packed()) + b'";\n'
    return packed()
