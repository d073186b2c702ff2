"""What the guide's own snippets printed when they ran, as a build records it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nnsight_guide import recordings
from nnsight_guide.profiles import Profile
from nnsight_guide.project import Project
from nnsight_guide.recordings import Recording
from nnsight_guide.render import output_text
from nnsight_guide.run import Runner


@pytest.fixture(scope="session")
def recording(root: Path, profile: Profile) -> Callable[[str], Recording]:
    """The fresh recording of one of the guide's snippets; stale ones run first, as in a build."""
    project = Project(root)
    runner = Runner(project)
    try:
        runner.run_stale(profile)
    finally:
        runner.close()

    def load(snippet: str) -> Recording:
        found = recordings.load(recordings.recording_path(project, snippet, profile))
        assert found is not None
        return found

    return load


@pytest.fixture(scope="session")
def recorded(recording: Callable[[str], Recording]) -> Callable[[str, str], str]:
    """What a cell printed."""

    def text(snippet: str, cell: str) -> str:
        found = recording(snippet).cell(cell)
        assert found is not None
        return "\n".join(output_text(output) for output in found["outputs"])

    return text


@pytest.fixture(scope="session")
def recorded_cells(recording: Callable[[str], Recording]) -> Callable[[str], list[str]]:
    """The names of the cells of a snippet, in order."""
    return lambda snippet: recording(snippet).cell_names()
