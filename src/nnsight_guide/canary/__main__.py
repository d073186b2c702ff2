"""`python -m nnsight_guide.canary`: install the newest releases elsewhere, say what changes.

Exit status: 0, nothing changed; 1, something did; 2, it could not be found out.
"""

import argparse
import datetime
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import Project
from nnsight_guide.canary import changes, ways_round
from nnsight_guide.canary.changes import CanaryRun, Change, WayRound
from nnsight_guide.canary.environment import Environment, copy, observe_in, required
from nnsight_guide.canary.observation import Observation


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the canary, record what it finds, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m nnsight_guide.canary", description=__doc__)
    parser.add_argument(
        "--hold",
        action="append",
        default=[],
        metavar="REQUIREMENT",
        help="let this library go no further, such as torch==2.13.0",
    )
    options = parser.parse_args(arguments)
    try:
        project = Project.find()
        found = run_canary(project, options.hold)
        path = changes.folder(project) / f"{found.date}.json"
        changes.save_run(found, path)
    except GuideError as error:
        print(f"nnsight_guide.canary: {error}", file=sys.stderr)
        return 2
    print("\n".join(changes.report_lines(found)))
    print(f"Recorded in {path.relative_to(project.root)}: commit it to show it in the guide.")
    return 1 if found.changes else 0


def run_canary(project: Project, held: Sequence[str]) -> CanaryRun:
    """Compare the pinned versions, which are installed here, with the newest.

    Raises:
        GuideError: the newest cannot be installed, or one of the two cannot be observed.

    """
    with tempfile.TemporaryDirectory(prefix="nnsight-guide-canary-") as name:
        work = Path(name)
        _say("installing the newest releases into a throw-away environment")
        newest = Environment(work / "environment", held)
        newest.install(required(project.root / "pyproject.toml"))
        old = _observe(Path(sys.executable), project, work / "pinned", "the pinned versions")
        new = _observe(newest.python, project, work / "newest", "the newest releases")
        found = changes.between(old, new)
        if found:
            remaining = dict(_put_back(newest, project, work, old, new))
            found = changes.attributed(found, remaining)
        return CanaryRun(
            date=datetime.datetime.now(datetime.UTC).date().isoformat(),
            held=tuple(held),
            pinned=old.versions,
            newest=new.versions,
            n_idioms=len(old.idioms),
            n_tests=len(old.tests),
            changes=found,
            ways_round=list(_ways_round(newest, project, work, old, found)),
        )


def _put_back(
    newest: Environment, project: Project, work: Path, old: Observation, new: Observation
) -> Iterator[tuple[str, list[Change]]]:
    """Put each library that moved back to its pin, alone; yield what is changed still."""
    frozen = newest.freeze()
    for library in changes.moved(old, new):
        if library == "Python":
            continue
        newest.install([f"{library}=={old.versions[library]}"])
        seen = _observe(newest.python, project, work / library, f"the newest but {library}")
        yield library, changes.between(old, seen)
        newest.restore(frozen)


def _ways_round(
    newest: Environment, project: Project, work: Path, old: Observation, found: Sequence[Change]
) -> Iterator[WayRound]:
    for number, way in enumerate(ways_round.known(found)):
        checkout = copy(project, work / f"way-round-{number}")
        ways_round.apply(way, checkout.snippets.rglob("*.py"))
        _say(f"observing the newest releases with {way.argument}")
        left = changes.between(old, observe_in(newest.python, checkout))
        yield WayRound(way.argument, left)


def _observe(python: Path, project: Project, folder: Path, what: str) -> Observation:
    _say(f"observing {what}")
    return observe_in(python, copy(project, folder))


def _say(what: str) -> None:
    print(f"canary: {what} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
