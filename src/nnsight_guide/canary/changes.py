"""Two observations → what changed; and what a run of the canary has found. Pure but for files."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import Project
from nnsight_guide.base.scratch import write_json
from nnsight_guide.canary.observation import Observation

MISSING = "is not there"


@dataclass(frozen=True)
class Change:
    """What an idiom or a test does with the newest releases, beside what it did.

    Attributes:
        kind: "idiom" or "test".
        name: which one.
        old: what it did, in a few words.
        new: what it does.
        libraries: those of which the older release, put back alone, undoes the change.

    """

    kind: str
    name: str
    old: str
    new: str
    libraries: Sequence[str] = ()


@dataclass(frozen=True)
class WayRound:
    """A way round a breakage.

    Attributes:
        argument: what every load of a model gets as well.
        changes: what is still changed with it.

    """

    argument: str
    changes: Sequence[Change]


@dataclass(frozen=True)
class CanaryRun:
    """A run of the canary: the two sets of versions, and what changed between them.

    Attributes:
        date: the day, as 2026-12-01.
        held: the requirements that were not let go to their newest releases.
        pinned: the guide's version of each library.
        newest: the newest.
        n_idioms: how many idioms were run.
        n_tests: how many tests.
        changes: what changed.
        ways_round: what helps.

    """

    date: str
    held: Sequence[str]
    pinned: Mapping[str, str]
    newest: Mapping[str, str]
    n_idioms: int
    n_tests: int
    changes: Sequence[Change]
    ways_round: Sequence[WayRound] = ()


def between(old: Observation, new: Observation) -> list[Change]:
    """Return each idiom and each test that the two observations tell another thing of.

    A test that is missing, since its module cannot be imported, has its module's fault.
    """
    found = []
    for kind, before, after in (
        ("idiom", old.idioms, new.idioms),
        ("test", old.tests, new.tests),
    ):
        for name in sorted(name for name in {*before, *after} if kind == "idiom" or "::" in name):
            module = name.partition("::")[0]
            then, now = (seen.get(name, seen.get(module, MISSING)) for seen in (before, after))
            if then != now:
                found.append(Change(kind, name, then, now))
    return found


def groups(changes: Iterable[Change]) -> dict[tuple[str, str], list[Change]]:
    """Return the changes by what is new, and by the libraries that they go back to, in words."""
    found: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        libraries = ", ".join(change.libraries) or "no library alone"
        found.setdefault((change.new, libraries), []).append(change)
    return found


def count(run: CanaryRun, changes: Sequence[Change]) -> str:
    """Return how many of a run's idioms and tests are among the changes."""
    n_idioms = sum(change.kind == "idiom" for change in changes)
    n_tests = len(changes) - n_idioms
    return (
        f"{n_idioms} of {run.n_idioms} idioms and {n_tests} of {run.n_tests} tests of the snippets"
    )


def moved(old: Observation, new: Observation) -> list[str]:
    """Return the libraries that the two observations saw in two versions."""
    return [name for name, number in old.versions.items() if new.versions.get(name) != number]


def attributed(
    changes: Sequence[Change], remaining: Mapping[str, Sequence[Change]]
) -> list[Change]:
    """Return the changes, each with the libraries that it goes back to.

    Args:
        changes: what changed with the newest of everything.
        remaining: for each library, what was changed still when it alone had its older release.

    """
    return [
        replace(
            change,
            libraries=tuple(
                library
                for library, still in remaining.items()
                if (change.kind, change.name) not in {(left.kind, left.name) for left in still}
            ),
        )
        for change in changes
    ]


def report_lines(run: CanaryRun) -> list[str]:
    """Return what a run has found, for the terminal: the old beside the new."""
    versions = [
        f"  {name:<14} {run.pinned[name]:<10} → {number}"
        + ("" if number != run.pinned[name] else "  (the same)")
        for name, number in run.newest.items()
    ]
    held = [f"  held: {', '.join(run.held)}"] if run.held else []
    if not run.changes:
        tried = f"{run.n_idioms} idioms and {run.n_tests} tests of the snippets"
        return [*versions, *held, f"Nothing changed: {tried} do what they did."]
    found_lines = [f"Changed: {count(run, run.changes)}."]
    for (new, libraries), found in groups(run.changes).items():
        found_lines += ["", f"new ({libraries}): {new}"]
        found_lines += [f"  {change.kind} {change.name}; old: {change.old}" for change in found]
    for way in run.ways_round:
        found_lines += ["", f"With {way.argument} at every load: {count(run, way.changes)}."]
        for left in way.changes:
            found_lines += [f"  {left.kind} {left.name}"]
            found_lines += [f"    old: {left.old}", f"    new: {left.new}"]
    return [*versions, *held, "", *found_lines]


def folder(project: Project) -> Path:
    """Return where the runs of a checkout are recorded, one file each."""
    return project.root / "src" / "nnsight_guide" / "canary" / "runs"


def save_run(run: CanaryRun, path: Path) -> None:
    """Write a run; raises as `write_json`."""
    write_json(asdict(run), path)


def load_run(path: Path) -> CanaryRun:
    """Read a run.

    Raises:
        GuideError: it cannot be read as one.

    """
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        ways = tuple(
            WayRound(way["argument"], tuple(map(_change, way["changes"])))
            for way in stored.pop("ways_round")
        )
        found = tuple(map(_change, stored.pop("changes")))
        return CanaryRun(**stored, changes=found, ways_round=ways)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise GuideError(
            f"canary/runs/{path.name} cannot be read: restore it, or run `make canary` again"
        ) from None


def _change(stored: Mapping[str, Any]) -> Change:
    return Change(**{**stored, "libraries": tuple(stored["libraries"])})


def load_runs(where: Path) -> list[CanaryRun]:
    """Return every recorded run, the latest first; raises as `load_run`."""
    return [load_run(path) for path in sorted(where.glob("*.json"), reverse=True)]
