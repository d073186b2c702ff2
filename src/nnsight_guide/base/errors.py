"""The one exception that reaches a person: a cause and a remedy, in one line."""

import re
import traceback
from pathlib import Path

# What a terminal obeys, and halves of a character that it cannot be sent.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
MAX_CHARACTERS = 500


class GuideError(Exception):
    """Something the author or the reader can mend; its text says what and how."""


class TransientError(GuideError):
    """The service failed in a way that may pass by itself: trying again may help."""


def cannot_write(folder: Path, error: OSError, *, variable: str = "") -> GuideError:
    """Return the error that says that a folder cannot be written, and what helps.

    `variable` names another folder, if there is one that does.
    """
    remedies = ["make room there", "let it be written"]
    if variable:
        remedies.append(f"set {variable} to a folder that can be")
    return GuideError(
        f"cannot write {folder}: {error.strerror}; {', '.join(remedies[:-1])}, or {remedies[-1]}, "
        "and run this again"
    )


def one_line(text: str) -> str:
    """Return a text as a line that any terminal can show, and not a long one."""
    line = CONTROL.sub(" ", text).strip()
    return line if len(line) <= MAX_CHARACTERS else f"{line[:MAX_CHARACTERS]} …"


def long_story(error: BaseException) -> str:
    """Return the traceback of an error and of all that led to it, which its one line leaves out."""
    link: BaseException | None = error
    while link is not None:
        link.__suppress_context__ = False  # what `raise … from None` has hidden
        link = link.__cause__ or link.__context__
    return "".join(traceback.format_exception(error))
