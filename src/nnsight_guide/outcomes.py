"""What became of each idiom of 2024, recorded: one file of JSON per idiom, run when it is stale.

The idioms are about the libraries and not about a model, and each loads its own. So they always
run on the demo model, whatever the profile is: nobody loads 12 GB some forty times.
"""

from __future__ import annotations

import datetime
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nnsight_guide import idioms, keys, processes, profiles, turns, verdicts
from nnsight_guide.errors import GuideError
from nnsight_guide.idioms import Idiom
from nnsight_guide.profiles import Profile
from nnsight_guide.project import Project
from nnsight_guide.scratch import write_json
from nnsight_guide.verdicts import Outcome

FOLDER = "from_2024"


@dataclass(frozen=True)
class RecordedOutcome:
    """An outcome and what is known of how it came to be.

    `key_parts` is what it depends on: a name for each thing, and its hash or version.
    `provenance` holds profile, model, versions and date.
    """

    outcome: Outcome
    key_parts: Mapping[str, str]
    provenance: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The hash of the key's parts."""
        return keys.key(self.key_parts)


def demo_profile(profile: Profile) -> Profile:
    """Return the profile that idioms run on, which `profile` may be already."""
    return profile if profile.name == "demo" else profiles.current({})


def idiom_names(project: Project) -> list[str]:
    """Return the names of all idioms; none, if the project has no folder of them."""
    return sorted(path.stem for path in (project.snippets / FOLDER).glob("*.py"))


def key_parts(project: Project, idiom: str, profile: Profile) -> dict[str, str]:
    """Return everything that an outcome depends on; how idioms are run and judged is part of it.

    Raises:
        GuideError: there is no such idiom, or it cannot be read.

    """
    machinery = {
        f"{module.__name__}.py": keys.hash_of(Path(str(module.__file__)))
        for module in (idioms, processes, verdicts)
    }
    return {**keys.dependencies(project, _source(project, idiom), profile), **machinery}


def outcome_path(project: Project, idiom: str, profile: Profile) -> Path:
    """Return where the outcome of an idiom lies."""
    return project.cache / "recordings" / profile.name / FOLDER / f"{idiom}.json"


def load(path: Path) -> RecordedOutcome | None:
    """Read an outcome; one that is missing, damaged or edited by hand is none."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        sealed = told.pop("digest")
        recorded = RecordedOutcome(**{**told, "outcome": Outcome(**told["outcome"])})
        keys.key(recorded.key_parts)
        dict(recorded.provenance)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return recorded if sealed == keys.digest(told) else None


def fresh(project: Project, idiom: str, profile: Profile) -> RecordedOutcome | None:
    """Return the outcome of an idiom if it is what today's sources give, else none."""
    recorded = load(outcome_path(project, idiom, profile))
    if recorded is None or recorded.key_parts != key_parts(project, idiom, profile):
        return None
    return recorded


def stale(project: Project, profile: Profile) -> list[str]:
    """Return the names of the idioms that have no fresh outcome."""
    return [name for name in idiom_names(project) if fresh(project, name, profile) is None]


def run_stale(project: Project, profile: Profile) -> list[str]:
    """Run the idioms that are stale, record what became of them, and return their names.

    Raises:
        GuideError: an idiom cannot be read, or today's code of one fails. What became of the
            others is recorded all the same.

    """
    if not stale(project, profile):
        return []
    with turns.turn(project):
        names = stale(project, profile)  # another build may have run them meanwhile
        _run(project, names, profile)
    return names


def _run(project: Project, names: list[str], profile: Profile) -> None:
    from tqdm import tqdm

    # The keys come before the sources: an idiom that is edited while it runs stays stale.
    parts = {name: key_parts(project, name, profile) for name in names}
    sources = [idioms.read(_source(project, name)) for name in names]
    provenance = {
        "profile": profile.name,
        "model": profile.model_id,
        "versions": keys.library_versions(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }
    with tqdm(total=len(names), desc="idioms of 2024", unit="idiom", file=sys.stderr) as bar:
        for outcome in idioms.run(sources, profile.environment, project.root):
            told = {
                "outcome": asdict(outcome),
                "key_parts": parts[outcome.idiom],
                "provenance": provenance,
            }
            sealed = {**told, "digest": keys.digest(told)}
            write_json(sealed, outcome_path(project, outcome.idiom, profile))
            bar.update()


def read_all(project: Project, profile: Profile) -> dict[str, tuple[Idiom, RecordedOutcome]]:
    """Return every idiom with what became of it, by name.

    Raises:
        GuideError: an idiom cannot be read, or changed since it was run.

    """
    told = {}
    for name in idiom_names(project):
        recorded = fresh(project, name, profile)
        if recorded is None:
            raise GuideError(f"snippets/{FOLDER}/{name}.py changed during the build: build again")
        told[name] = (idioms.read(_source(project, name)), recorded)
    return told


def _source(project: Project, idiom: str) -> Path:
    return project.snippets / FOLDER / f"{idiom}.py"
