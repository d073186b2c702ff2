"""The demo model as a checkpoint in the user's cache, expanded on first use.

The cache is laid out like the Hugging Face hub's, so that the model loads by its id as well:

    <cache>/<8 digits of the revision>/models--nnsight-guide--gptj-demo/
        refs/main                     the revision
        snapshots/<revision>/         config.json, model.safetensors, tokenizer.json …

A checkpoint is built in a folder of its own (`scratch`) beside these and renamed into place when
it is complete. So it exists whole or not at all, whenever an attempt is killed, and attempts at the
same time do not disturb each other.
"""

from contextlib import suppress
from pathlib import Path

import platformdirs

from nnsight_guide.base import scratch
from nnsight_guide.base.errors import cannot_write
from nnsight_guide.demo_model import MODEL_ID, digests, revision, shipped


def checkpoint(cache: Path | None = None) -> Path:
    """Return the folder of the demo model's checkpoint, which is made if need be.

    A checkpoint that is there already is read through once (some 20 ms); one that has been
    damaged is replaced. Checkpoints are kept in `cache`, by default the user's cache folder.

    Raises `ShippedFileError` if the package's weights or merges are missing or damaged, and
    `GuideError` if the cache cannot be written.
    """
    is_users = cache is None
    if cache is None:
        cache = platformdirs.user_cache_path("nnsight-guide").absolute()
    current = revision.revision()
    model = cache / current[:8] / f"models--{MODEL_ID.replace('/', '--')}"
    snapshot = model / "snapshots" / current
    try:
        cache.mkdir(parents=True, exist_ok=True)
        scratch.sweep(cache)
        if not digests.intact(snapshot, revision.FILES):
            _make(snapshot, cache)
        _point(model / "refs" / "main", current, cache)
    except OSError as error:
        variable = "XDG_CACHE_HOME" if is_users else ""
        raise cannot_write(cache, error, variable=variable) from None
    return snapshot


def hub_cache(folder: Path) -> Path:
    """Return what `HF_HUB_CACHE` must be for `MODEL_ID` to load the checkpoint in `folder`."""
    return folder.parents[2]


def _make(snapshot: Path, cache: Path) -> None:
    from nnsight_guide.demo_model import expansion  # which imports NumPy

    with scratch.scratch_folder(cache) as folder:
        build = folder / "build"
        build.mkdir()
        expansion.write(build, shipped.read_shipped(shipped.WEIGHTS))
        snapshot.parent.mkdir(parents=True, exist_ok=True)
        _install(build, snapshot)


def _install(build: Path, snapshot: Path) -> None:
    """Move the complete `build` to `snapshot`.

    Where a folder is in the way, made by another attempt or damaged since, the files in it are
    replaced one by one. All builds of a revision are equal, so whoever reads or writes there
    at the same time never misses a file or finds a wrong one.
    """
    try:
        build.rename(snapshot)
    except OSError:
        if not snapshot.is_dir():
            raise
        for file in build.iterdir():
            file.replace(snapshot / file.name)


def _point(reference: Path, revision: str, cache: Path) -> None:
    """Let the file `reference` name the `revision`, if it does not yet."""
    with suppress(FileNotFoundError):
        if reference.read_bytes() == revision.encode("ascii"):
            return
    reference.parent.mkdir(parents=True, exist_ok=True)
    with scratch.scratch_folder(cache) as folder:
        (folder / "main").write_text(revision, encoding="ascii")
        (folder / "main").replace(reference)
