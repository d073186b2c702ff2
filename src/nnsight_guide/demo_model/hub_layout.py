"""A checkpoint that the guide has made, in a cache folder laid out like the Hugging Face hub's.

So the model loads by its id as well:

    <cache>/<8 digits of the revision>/models--<owner>--<name>/
        refs/main                     the revision
        snapshots/<revision>/         config.json, model.safetensors, tokenizer.json …

A checkpoint is built in a folder of its own (`scratch`) beside these and renamed into place when
it is complete. So it exists whole or not at all, whenever an attempt is killed, and attempts at the
same time do not disturb each other. The cache is the guide's own, never that of the hub.
"""

import hashlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import platformdirs

from nnsight_guide.base import scratch
from nnsight_guide.base.errors import cannot_write
from nnsight_guide.demo_model import digests


def keep_checkpoint(
    model_id: str,
    revision: str,
    names: Iterable[str],
    write: Callable[[Path], None],
    cache: Path | None = None,
) -> Path:
    """Return the folder of a checkpoint, which is made if need be.

    `write` fills an empty folder with the files `names`, of which `revision` says what is in
    them. A checkpoint that is there already is read through once; one that has been damaged is
    replaced. Checkpoints are kept in `cache`, by default the user's cache folder for the guide.

    Raises `GuideError` if the cache cannot be written, and what `write` raises.
    """
    is_users = cache is None
    cache = cache or users_cache()
    names = tuple(names)
    snapshot = snapshot_folder(model_id, revision, cache)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        scratch.sweep(cache)
        if not digests.intact(snapshot, names):
            with scratch.scratch_folder(cache) as folder:
                build = folder / "build"
                build.mkdir()
                write(build)
                digests.write_digests(build, names)
                snapshot.parent.mkdir(parents=True, exist_ok=True)
                _install(build, snapshot)
        _point(snapshot.parents[1] / "refs" / "main", revision, cache)
    except OSError as error:
        variable = "XDG_CACHE_HOME" if is_users else ""
        raise cannot_write(cache, error, variable=variable) from None
    return snapshot


def users_cache() -> Path:
    """Return the user's cache folder for the guide."""
    return platformdirs.user_cache_path("nnsight-guide").absolute()


def snapshot_folder(model_id: str, revision: str, cache: Path) -> Path:
    """Return where a checkpoint is kept, whether or not it is there."""
    folder = f"models--{model_id.replace('/', '--')}"
    return cache / revision[:8] / folder / "snapshots" / revision


def revision_from(contents: Iterable[bytes]) -> str:
    """Return 40 hexadecimal digits that change with any of all that a checkpoint is made from."""
    of_each = b"".join(hashlib.sha256(content).digest() for content in contents)
    return hashlib.sha256(of_each).hexdigest()[:40]


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
