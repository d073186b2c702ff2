"""The plan that a preview goes on with, for as long as the checkout is as it was.

After most edits, those of prose, all is as fresh as before. To find that out again took a quarter
of a build; to see by the times of files that none has changed takes some milliseconds.
"""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from nnsight_guide.base import libraries
from nnsight_guide.base.project import Project
from nnsight_guide.demo_model.digests import COARSEST_CLOCK
from nnsight_guide.model.profiles import Profile
from nnsight_guide.recording.freshness import Freshness
from nnsight_guide.recording.readings import LIKE, NOT_OURS
from nnsight_guide.run.plan import Plan

PAGES = ".md"


class _Seen(NamedTuple):
    path: str
    size: int
    times: tuple[int, int]


class PlanMemory:
    """The plan of the build before."""

    def __init__(self) -> None:
        self._plan: Plan | None = None
        self._made_from: Any = None

    def plan(self, project: Project, profile: Profile, docs: Path) -> Plan:
        """Return the plan of the build before if it holds today; else a new one.

        Args:
            project: the checkout.
            profile: what the snippets run on.
            docs: the folder of the pages, whose Markdown has no part in what is stale.

        Raises:
            GuideError: as those of a new plan.

        """
        now, docs = time.time_ns(), docs.resolve()
        # First, so that what changes while a plan is made counts as changed.
        seen = [*_seen(project.root, docs), *_seen(project.cache / "recordings", docs)]
        made_from = profile, seen
        if self._plan and self._made_from == made_from and _holds(self._plan, docs):
            return self._plan
        # What is younger can change once more and keep its time.
        is_settled = all(max(file.times) < now - COARSEST_CLOCK for file in seen)
        self._made_from = made_from if is_settled else None
        self._plan = Plan(project, profile)
        return self._plan


def _seen(folder: Path, docs: Path) -> Iterator[_Seen]:
    """Yield what can be seen of each file below a folder that a run may read, but for pages.

    What is in a folder that is hidden, or installed, is no part of the checkout.
    """
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.is_dir():
            if entry.name[0] != "." and entry.name not in NOT_OURS:
                if entry.is_symlink():  # which may lead in a circle: it counts as changed each time
                    yield _Seen(entry.path, 0, (time.time_ns(), 0))
                else:
                    yield from _seen(Path(entry.path), docs)
        elif not (entry.name.endswith(PAGES) and Path(entry.path).is_relative_to(docs)):
            with suppress(FileNotFoundError):  # an editor's, and gone again
                state = entry.stat(follow_symlinks=entry.is_file())  # a link may lead nowhere
                yield _Seen(entry.path, state.st_size, (state.st_mtime_ns, state.st_ctime_ns))


def _holds(plan: Plan, docs: Path) -> bool:
    """Whether a plan has left nothing to do, and depends on nothing that is not looked at."""
    states: list[Freshness[Any]] = [*plan.snippets.values(), *plan.idioms.values()]
    if plan.is_stale or not states:
        return False
    if not libraries.installed_versions().items() <= states[0].key_parts.items():
        return False
    parts = [
        (*state.key_parts, *(state.recorded.read if state.recorded else ())) for state in states
    ]
    names = {name for of_one in parts for name in of_one}
    return not any(_is_unseen(name, plan.project.root, docs) for name in names)


def _is_unseen(name: str, root: Path, docs: Path) -> bool:
    """Whether a name may be that of a page, or of what lies in a hidden folder."""
    is_hidden = any(folder[0] == "." for folder in PurePosixPath(name).parent.parts)
    return name.startswith(LIKE) or is_hidden or (root / name).is_relative_to(docs)
