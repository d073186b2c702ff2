"""What two processes left behind, the old code's and today's → one verdict. Pure."""

import re
from dataclasses import dataclass
from typing import Literal

from nnsight_guide.base.errors import GuideError
from nnsight_guide.idioms.idiom import ERRORS_FOLDER, IDIOMS_FOLDER
from nnsight_guide.idioms.processes import Finished

# What must not fail.
RIGHT = {IDIOMS_FOLDER: "today's code", ERRORS_FOLDER: "the code that should work"}

Verdict = Literal["works", "warns", "fails", "differs"]

# "/a/b.py:3: FutureWarning: …" and "[transformers] …": where it was said is not part of the text.
SPOKEN_AT = re.compile(r"^(?:.*:\d+: )?(?:\[\w+\] )?")


@dataclass(frozen=True)
class Outcome:
    """What became of an idiom; made of strings only, so `dataclasses.asdict` gives JSON.

    Attributes:
        idiom: its name.
        verdict: `works`, if the old code prints what today's code prints; `warns`, if it also says
            something that today's code does not; `fails`, if it ends with an error; `differs`, if
            it prints something else.
        then_output: what the old code printed.
        now_output: what today's code printed.
        message: one line: the warning of the old code, if it has one, or its error.

    """

    idiom: str
    verdict: Verdict
    then_output: str
    now_output: str
    message: str


def judge(idiom: str, then: Finished, now: Finished, folder: str = IDIOMS_FOLDER) -> Outcome:
    """Compare what the old code, or the wrong one, left behind with what the other did.

    Raises:
        GuideError: the other one failed.

    """
    if now.exit_code != 0:
        raise GuideError(
            f"{folder}/{idiom}.py: {RIGHT[folder]} fails: {last_line(now.errors) or 'no message'}"
        )
    verdict: Verdict
    new = [line for line in said(then.errors) if line not in said(now.errors)]
    message = new[0] if new else ""
    if then.exit_code is None:
        verdict, message = "fails", "it does not come to an end"
    elif then.exit_code != 0:
        verdict, message = "fails", last_line(then.errors) or f"exit code {then.exit_code}"
    elif then.output != now.output:
        verdict = "differs"
    else:
        verdict = "warns" if message else "works"
    return Outcome(idiom, verdict, then.output.strip(), now.output.strip(), message)


def said(errors: str) -> list[str]:
    """Return the lines that say something, each without the place where it was said.

    Below a warning stands, indented, the line of code that it is about; that is left out.
    """
    lines = [line for line in errors.splitlines() if line.strip() and not line[0].isspace()]
    return [SPOKEN_AT.sub("", line, count=1).strip() for line in lines]


def last_line(errors: str) -> str:
    """Return the last line that says something: that of a traceback names the error."""
    lines = [line for line in errors.splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""
