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
    digest = hashlib.sha256()
    for name in shipped.NAMES:
        digest.update(hashlib.sha256(shipped.read(name)).digest())
    for name in _SOURCES:
        digest.update(hashlib.sha256(Path(__file__).with_name(name).read_bytes()).digest())
    return digest.hexdigest()[:40]
