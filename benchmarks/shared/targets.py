"""What was promised, and what came of it."""

from collections.abc import Iterable
from typing import NamedTuple

SLACK = 1.15  # of a ratio to what it is measured against


class Target(NamedTuple):
    """A promise.

    Attributes:
        what: was promised.
        may: what it may be.
        was: what it was.
        is_met: whether that is within the bound.

    """

    what: str
    may: str
    was: str
    is_met: bool


def at_most(what: str, bound: float, was: float, unit: str = "") -> Target:
    """Return the target that a figure does not exceed a bound."""
    return Target(what, f"≤ {bound:g}{unit}", f"{was:.2f}{unit}", was <= bound)


def table(targets: Iterable[Target]) -> list[str]:
    """Return the lines of a table of the targets."""
    return [
        "| target | may be | was | met |",
        "|---|---|---|---|",
        *(f"| {t.what} | {t.may} | {t.was} | {'yes' if t.is_met else '**no**'} |" for t in targets),
    ]
