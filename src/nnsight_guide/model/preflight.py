"""What a profile needs, asked before any work: each thing that is missing is one line.

For every profile, the libraries have to go together. For `remote`, NDIF is asked for the key, the
live models and its versions; for `local`, the weights and the memory for them are looked at. A
build in which nothing is stale asks nothing.
"""

import json
import os
import subprocess
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from nnsight_guide.base import libraries
from nnsight_guide.base.capacity import free_bytes
from nnsight_guide.base.errors import GuideError
from nnsight_guide.model.profiles import SECOND, Profile, local_folder
from nnsight_guide.model.second_model import second_checkpoint
from nnsight_guide.ndif.client import check_service

# Beside the weights: the libraries, what a trace computes, and the demo model of the stand-in.
RESERVE_BYTES = 2 * 1024**3
BYTES_HERE = 2  # of a weight, in bfloat16
BYTES_STORED = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2}
GB = 1e9


def check_libraries() -> None:
    """Check that the libraries that are installed are known to go together.

    Raises:
        GuideError: one of them is missing, or of a version that the guide does not run with.

    """
    from packaging.requirements import Requirement

    installed = libraries.installed_versions()
    try:
        asked = requires("nnsight-guide") or []
    except PackageNotFoundError:
        asked = []  # a checkout that is not installed: the canary runs one with all that is newer
    for needed in map(Requirement, asked):
        version = installed.get(needed.name, "")
        if version and not needed.specifier.contains(version, prereleases=True):
            others = ", ".join(f"{name} {installed[name]}" for name in installed)
            raise GuideError(
                f"{needed.name} {version} does not go together with the rest ({others}): the guide "
                f"needs {needed}; `make install` brings it"
            )


def check_profile(profile: Profile, environ: Mapping[str, str] = os.environ) -> None:
    """Check that the snippets can run on `profile`; the demo model always can.

    Raises:
        GuideError: something is missing; the text says what, and what to do.

    """
    if profile.is_remote:
        check_service(profile.model_id, environ)
    elif profile.name == "local":
        check_weights(profile.folder or local_folder(profile.model_id), profile.model_id)
    elif profile.name == SECOND:
        second_checkpoint()


def check_weights(folder: Path, model_id: str) -> None:
    """Check that the weights in `folder` are complete and fit into the memory that is free.

    Raises:
        GuideError: they do not; the text says what to do.

    """
    files = weight_files(folder)
    if not files or not all(file.is_file() for file in files):
        raise GuideError(
            f"of the weights of {model_id}, {'some' if files else 'all'} files are missing: fetch "
            f"them with `hf download {model_id}`, or build with GUIDE_PROFILE=demo"
        )
    needed = loaded_bytes(folder, files) + RESERVE_BYTES
    free = max(free_bytes(), free_bytes_of_gpus())
    if free < needed:
        raise GuideError(
            f"{model_id} needs {needed / GB:.1f} GB of free memory, and {free / GB:.1f} GB are "
            "free: close other programs, or build with GUIDE_PROFILE=demo"
        )


def weight_files(folder: Path) -> list[Path]:
    """Return the files that the weights of a checkpoint are in, or should be: transformers' choice.

    Safetensors come before PyTorch's own format, and one file before an index of several.
    """
    for single in ("model.safetensors", "pytorch_model.bin"):
        if (folder / single).is_file():
            return [folder / single]
        if (index := folder / f"{single}.index.json").is_file():
            contents = json.loads(index.read_text(encoding="utf-8"))
            return [folder / name for name in sorted(set(contents["weight_map"].values()))]
    return []


def loaded_bytes(folder: Path, files: list[Path]) -> int:
    """Return what the weights take once they are loaded, in bfloat16.

    How they are stored is read from the config, which says nothing where it is float32.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    stored = BYTES_STORED.get(config.get("dtype") or config.get("torch_dtype"), 4)
    return sum(file.stat().st_size for file in files) * BYTES_HERE // stored


def free_bytes_of_gpus() -> int:
    """Return the free memory of all of NVIDIA's GPUs, asked for without importing torch."""
    query = ["nvidia-smi", "--query-gpu=memory.free", "--format=csv,noheader,nounits"]
    try:
        asked = subprocess.run(  # noqa: S603 - the command is our own
            query, capture_output=True, text=True, timeout=10, check=True
        )
        return sum(int(line) for line in asked.stdout.split()) * 1024**2
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0
