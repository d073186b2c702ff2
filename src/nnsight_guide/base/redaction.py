"""The last line of defence for the API key: whatever a build writes or says is rid of it.

Nothing of the guide's writes the key anywhere. But a snippet may print its environment, and a
library may put the key into the text of an error.
"""

import json
import os
import sys
import traceback
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any
from urllib.parse import quote

MARK = "[API key]"
# The one place that names the variable; it is NDIF's, and nnsight reads it.
API_KEY_VARIABLE = "NDIF_API_KEY"
# What is shorter is no key, and would be replaced in ordinary words.
MIN_CHARACTERS = 8


def api_keys(environ: Mapping[str, str] = os.environ) -> list[str]:
    """Return the keys that are in an environment: one, or none."""
    key = environ.get(API_KEY_VARIABLE, "").strip()
    return [key] if len(key) >= MIN_CHARACTERS else []


def redact(value: Any, secrets: Iterable[str]) -> Any:
    """Return `value` (text, or lists and dictionaries of it) with every secret replaced.

    A secret is found as it is and in the spellings that Python, JSON and URLs have for it.
    """
    spellings = {spelling for secret in secrets for spelling in _spellings(secret)}
    # The longest first: one may be a part of another.
    return _replaced(value, sorted(spellings, key=len, reverse=True))


def without_keys(text: str) -> str:
    """Return a text without the keys that are in this process's environment."""
    return str(redact(text, api_keys()))


def install_hook() -> None:
    """Have the key replaced in the traceback of an error that nobody has foreseen, too."""
    sys.excepthook = _tell


def _tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    text = "".join(traceback.format_exception(kind, error, trace))
    print(without_keys(text), end="", file=sys.stderr)


def _spellings(secret: str) -> set[str]:
    return {secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], quote(secret, safe="")}


def _replaced(value: Any, spellings: list[str]) -> Any:
    if isinstance(value, str):
        for spelling in spellings:
            value = value.replace(spelling, MARK)
        return value
    if isinstance(value, list | tuple):
        return [_replaced(item, spellings) for item in value]
    if isinstance(value, dict):
        return {
            _replaced(name, spellings): _replaced(item, spellings) for name, item in value.items()
        }
    return value
