"""The configuration, which a preview reads at each edit: what never changes is found out once.

PyYAML takes longer to take the same text apart than all else does that reads a configuration, a
tenth of the build after an edit of prose. What the text stands for, environment variables too, is
found each time. And what themes are installed, libraries ask of every package, twice a build.
"""

import io
import sys
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from mkdocs.config import defaults

# Who asks the packages what they offer. A process that has imported them keeps what it has.
ASK_PACKAGES = ("mkdocs.utils", "mkdocstrings._internal.handlers.base")
MOST = 8  # texts: a configuration, and those that it inherits from, as they are now and were


@cache  # there is one MkDocs in a process
def remember_configuration() -> None:
    """Let MkDocs, and mkdocstrings, find out once what never changes."""
    _take_apart_once()
    _ask_packages_once()


def _take_apart_once() -> None:
    """Let MkDocs remember the nodes that a text of YAML consists of."""
    of_mkdocs = vars(defaults)["get_yaml_loader"]
    known: dict[bytes | str, Any] = {}

    def get_yaml_loader(*arguments: Any, **more: Any) -> Any:
        class Loader(of_mkdocs(*arguments, **more)):  # type: ignore[misc]
            def __init__(self, file: Any) -> None:
                self._text = file.read()
                again: Any = (io.BytesIO if isinstance(self._text, bytes) else io.StringIO)(
                    self._text
                )
                again.name = getattr(file, "name", "<file>")  # PyYAML's own words for one without
                super().__init__(again)

            def get_single_node(self) -> Any:
                if self._text not in known:
                    node = super().get_single_node()
                    if len(known) == MOST:
                        known.clear()
                    known[self._text] = node
                return known[self._text]

        return Loader

    vars(defaults)["get_yaml_loader"] = get_yaml_loader


def _ask_packages_once() -> None:
    """Let libraries remember what the installed packages offer."""
    answers = cache(entry_points)
    for name in ASK_PACKAGES:
        if hasattr(module := sys.modules.get(name), "entry_points"):
            vars(module)["entry_points"] = answers
