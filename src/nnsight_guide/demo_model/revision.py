"""Which checkpoint the package's files give, known without making it (and without NumPy)."""

from pathlib import Path

from nnsight_guide.demo_model import shipped
from nnsight_guide.demo_model.hub_layout import revision_from

FILES = (
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
)

# All the code that decides what the files contain.
_SOURCES = ("architecture.py", "bfloat16.py", "expansion.py", "tokenizer.py")


def revision() -> str:
    """Return 40 hexadecimal digits that change with anything which the files depend on.

    Raises `ShippedFileError` if a shipped file is missing or damaged.
    """
    contents = [shipped.read_shipped(name) for name in shipped.NAMES]
    contents += [Path(__file__).with_name(name).read_bytes() for name in _SOURCES]
    return revision_from(contents)
