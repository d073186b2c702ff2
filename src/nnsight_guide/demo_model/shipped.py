"""The files that the package ships: the compact weights and the tokenizer's merges."""

import hashlib
from pathlib import Path

from nnsight_guide.base.errors import GuideError
from nnsight_guide.demo_model import digests

FOLDER = Path(__file__).parent
WEIGHTS = "weights.safetensors"
MERGES = "gpt2_merges.txt.gz"
NAMES = (WEIGHTS, MERGES)


class ShippedFileError(GuideError):
    """A file that belongs to the package is missing, or is not what was shipped."""

    def __init__(self, name: str, cause: str) -> None:
        super().__init__(
            f"The demo model cannot be made: {FOLDER / name} {cause}. "
            "Restore it with `git restore` in a clone, or else reinstall nnsight-guide."
        )


def read_shipped(name: str) -> bytes:
    """Return the content of the shipped file `name`, which is `WEIGHTS` or `MERGES`.

    Raises `ShippedFileError` if it cannot be read or is not what was shipped.
    """
    try:
        expected = digests.read_digests(FOLDER).get(name)
    except (OSError, ValueError) as error:
        raise ShippedFileError(digests.FILE_NAME, "is missing or damaged") from error
    try:
        content = (FOLDER / name).read_bytes()
    except OSError as error:
        cause = "is missing" if isinstance(error, FileNotFoundError) else "cannot be read"
        raise ShippedFileError(name, cause) from error
    if hashlib.sha256(content).hexdigest() != expected:
        raise ShippedFileError(name, f"is damaged (it differs from its {digests.FILE_NAME})")
    return content
