"""The demo model as a checkpoint in the user's cache, expanded on first use.

The cache is laid out like the Hugging Face hub's, so that the model loads by its id as well.
"""

from pathlib import Path

from nnsight_guide.demo_model import MODEL_ID, shipped
from nnsight_guide.demo_model.hub_layout import keep_checkpoint, revision_from

FILES = (
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
)

# All the code that decides what the files contain.
_SOURCES = ("architecture.py", "bfloat16.py", "expansion.py", "tokenizer.py")


def checkpoint(cache: Path | None = None) -> Path:
    """Return the folder of the demo model's checkpoint, which is made if need be.

    A checkpoint that is there already is read through once (some 20 ms); one that has been
    damaged is replaced. Checkpoints are kept in `cache`, by default the user's cache folder.

    Raises `ShippedFileError` if the package's weights or merges are missing or damaged, and
    `GuideError` if the cache cannot be written.
    """

    def write(folder: Path) -> None:
        from nnsight_guide.demo_model import expansion  # which imports NumPy

        expansion.write(folder, shipped.read_shipped(shipped.WEIGHTS))

    return keep_checkpoint(MODEL_ID, revision(), FILES, write, cache)


def hub_cache(folder: Path) -> Path:
    """Return what `HF_HUB_CACHE` must be for the checkpoint in `folder` to load by its id."""
    return folder.parents[2]


def revision() -> str:
    """Return 40 hexadecimal digits that change with anything which the files depend on.

    It is known without making them. Raises `ShippedFileError` if a shipped file is missing or
    damaged.
    """
    contents = [shipped.read_shipped(name) for name in shipped.NAMES]
    contents += [Path(__file__).with_name(name).read_bytes() for name in _SOURCES]
    return revision_from(contents)
