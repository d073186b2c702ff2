"""The plan that a preview goes on with, of which it asks again only what an edit may have changed.

After most edits, those of prose, all is as fresh as before; after that of a snippet, all others
are. To find that out again took a quarter of a build; to see by the times of files which have
changed takes some milliseconds.
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
    size: int
    times: tuple[int, int]


CHANGES = _Seen(0, (0, 0))  # of what counts as another each time


class PlanMemory:
    """The plan of the build before."""

    def __init__(self) -> None:
        self._plan: Plan | None = None
        self._seen: dict[str, _Seen] = {}

    def plan(self, project: Project, profile: Profile, docs: Path) -> Plan:
        """Return the plan of the build before, brought up to date, if it can be; else a new one.

        Args:
            project: the checkout.
            profile: what the snippets run on.
            docs: the folder of the pages, whose Markdown has no part in what is stale.

        Raises:
            GuideError: as those of a new plan.

        """
        now, docs = time.time_ns(), docs.resolve()
        # First, so that what changes while a plan is made counts as changed.
        found = [*_seen(project.root, docs), *_seen(project.cache / "recordings", docs)]
        before, self._seen = self._seen, dict(found)
        changed = {path for path, state in found if state == CHANGES or before.get(path) != state}
        # What is younger can change once more and keep its time.
        for path, state in found:
            if max(state.times) >= now - COARSEST_CLOCK:
                self._seen[path] = CHANGES
        kept, self._plan = self._plan, None  # if this fails, the next is new
        if not (
            kept
            and kept.profile == profile
            and before.keys() == self._seen.keys()
            and _holds(kept, docs)
            and (not changed or kept.look_again_after(map(Path, changed)))
        ):
            kept = Plan(project, profile)
        self._plan = kept
        return kept


def _seen(folder: Path, docs: Path) -> Iterator[tuple[str, _Seen]]:
    """Yield each file below a folder that a run may read, but for pages, and what is seen of it.

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
                    yield entry.path, CHANGES
                else:
                    yield from _seen(Path(entry.path), docs)
        elif not (entry.name.endswith(PAGES) and Path(entry.path).is_relative_to(docs)):
            with suppress(FileNotFoundError):  # an editor's, and gone again
                state = entry.stat(follow_symlinks=entry.is_file())  # a link may lead nowhere
                yield entry.path, _Seen(state.st_size, (state.st_mtime_ns, state.st_ctime_ns))


def _holds(plan: Plan, docs: Path) -> bool:
    """Whether a plan has left nothing to do, and depends on nothing that is not looked at."""
    states: list[Freshness[Any]] = [*plan.snippets.values(), *plan.idioms.values()]
    if plan.is_stale or not states:
        return False
    if not libraries.installed_versions().items() <= states[0].key_parts.items():
        return False
    names = {name for state in states for name in state.needs()}
    return not any(_is_unseen(name, plan.project.root, docs) for name in names)


def _is_unseen(name: str, root: Path, docs: Path) -> bool:
    """Whether a name may be that of a page, or of what lies in a hidden folder."""
    is_hidden = any(folder[0] == "." for folder in PurePosixPath(name).parent.parts)
    return name.startswith(LIKE) or is_hidden or (root / name).is_relative_to(docs)
