"""Known ways round a breakage: what every load of a model then gets as well, what is rewritten."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from nnsight_guide.canary.changes import Change
from nnsight_guide.html import newer
from nnsight_guide.recording import cells

# In a cell that fails on purpose, the load stands in comments.
LOAD = r"\b(?:TransformersModel|LanguageModel)\([\s#]*MODEL_ID\b"


@dataclass(frozen=True)
class Way:
    """A way round.

    Attributes:
        argument: what every load of a model gets as well.
        rewritten: the name and the source of a module → what else becomes of it.

    """

    argument: str
    rewritten: Callable[[str, str], str]

    def applied(self, name: str, source: str) -> tuple[str, int]:
        """Return a module that goes this way, and how many of its loads did not yet."""
        given = rf"(?![^)]*\b{self.argument.partition('=')[0]}=)"
        changed = rf"\g<0>, {self.argument}"
        return re.subn(f"{LOAD}{given}", changed, self.rewritten(name, source))


# What a breakage says → the way round it.
KNOWN = {"has attribute 'attn_dropout'": Way(newer.ARGUMENT, newer.rewritten)}


def known(changes: Iterable[Change]) -> list[Way]:
    """Return the ways that are known to help against what these changes say."""
    said = "\n".join(change.new for change in changes)
    return [way for words, way in KNOWN.items() if words in said]


def apply(way: Way, files: Iterable[Path]) -> int:
    """Let these files go a way round; return how many loads of a model they hold."""
    n_loads = 0
    for file in files:
        source = file.read_text(encoding="utf-8")
        if cells.is_for_second_model(file):  # which loads as it did
            changed, found = way.rewritten(file.stem, source), 0
        else:
            changed, found = way.applied(file.stem, source)
        if changed != source:
            file.write_text(changed, encoding="utf-8")
        n_loads += found
    return n_loads
