"""The configuration, which a preview reads at each edit: the same text is taken apart once.

PyYAML takes longer for that than all else does that reads a configuration, a tenth of the build
after an edit of prose. What the text stands for, environment variables too, is found each time.
"""

import io
from functools import cache
from typing import Any

from mkdocs.config import defaults

MOST = 8  # texts: a configuration, and those that it inherits from, as they are now and were


@cache  # MkDocs is one for the whole process
def take_apart_once() -> None:
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
