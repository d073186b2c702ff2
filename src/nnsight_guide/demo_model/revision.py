"""Which checkpoint the package's files give, known without making it (and without NumPy)."""

import hashlib
from pathlib import Path

from nnsight_guide.demo_model import shipped

FILES = (
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
)

# All the code that decides what the files contain.
_SOURCES = ("architecture.py", "expansion.py", "tokenizer.py")


def revision() -> str:
    """Return 40 hexadecimal digits that change with anything which the files depend on.

    Raises `ShippedFileError` if a shipped file is missing or damaged.
    """
    contents = [shipped.read_shipped(name) for name in shipped.NAMES]
    contents += [Path(__file__).with_name(name).read_bytes() for name in _SOURCES]
    digests = b"".join(hashlib.sha256(content).digest() for content in contents)
    return hashlib.sha256(digests).hexdigest()[:40]
