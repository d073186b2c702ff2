"""The demo model as a checkpoint in the user's cache, expanded on first use.

The cache is laid out like the Hugging Face hub's, so that the model loads by its id as well.
"""

from pathlib import Path

from nnsight_guide.demo_model import MODEL_ID, revision, shipped
from nnsight_guide.demo_model.hub_layout import keep_checkpoint


def checkpoint(cache: Path | None = None) -> Path:
    """Return the folder of the demo model's checkpoint, which is made if need be.

    A checkpoint that is there already is read through once (some 20 ms); one that has been
    damaged is replaced. Checkpoints are kept in `cache`, by default the user's cache folder.

    Raises `ShippedFileError` if the package's weights or merges are missing or damaged, and
    `GuideError` if the cache cannot be written.
    """
    return keep_checkpoint(MODEL_ID, revision.revision(), revision.FILES, _write, cache)


def hub_cache(folder: Path) -> Path:
    """Return what `HF_HUB_CACHE` must be for `MODEL_ID` to load the checkpoint in `folder`."""
    return folder.parents[2]


def _write(folder: Path) -> None:
    from nnsight_guide.demo_model import expansion  # which imports NumPy

    expansion.write(folder, shipped.read_shipped(shipped.WEIGHTS))
