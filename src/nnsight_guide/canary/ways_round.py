"""Known ways round a breakage: an argument that every load of a model then gets as well."""

import re
from collections.abc import Iterable
from pathlib import Path

from nnsight_guide.canary.changes import Change

# What a breakage says → the arguments that avoid it.
KNOWN = {
    "Impossible to guess which tokenizer to use": ("dispatch=True",),
}
# In a cell that fails on purpose, the load stands in comments.
LOAD = re.compile(r"\b(?:TransformersModel|LanguageModel)\([\s#]*MODEL_ID\b")


def known(changes: Iterable[Change]) -> list[str]:
    """Return the arguments that are known to help against what these changes say."""
    said = "\n".join(change.new for change in changes)
    return [way for words, ways in KNOWN.items() if words in said for way in ways]


def apply(argument: str, files: Iterable[Path]) -> int:
    """Give every load of a model in these files an argument more; return how many loads."""
    n_loads = 0
    for file in files:
        changed, found = with_argument(file.read_text(encoding="utf-8"), argument)
        if found:
            file.write_text(changed, encoding="utf-8")
        n_loads += found
    return n_loads


def with_argument(source: str, argument: str) -> tuple[str, int]:
    """Return a module with an argument more at each load of a model, and how many those are."""
    return LOAD.subn(rf"\g<0>, {argument}", source)
