"""Recordings against the published facts: every difference, by name."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from nnsight_guide.base.project import Project
from nnsight_guide.html import render
from nnsight_guide.html.published_facts import ExpectedOutput, expected_outputs
from nnsight_guide.model import profiles
from nnsight_guide.recording.committed import committed_freshness
from nnsight_guide.recording.freshness import Freshness, freshness
from nnsight_guide.recording.recordings import Recording

HOW_TO_RECORD = "`make record PROFILE=local` (or remote) makes them, where the real model is"


@dataclass
class FactsReport:
    """What was compared with what.

    Attributes:
        differences: a line for each fact that a recording does not show.
        notes: a line for each thing that could not be compared, and why.
        with_committed: how many facts were compared with committed recordings.
        with_demo: how many with the demo's.

    """

    differences: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    with_committed: int = 0
    with_demo: int = 0

    def lines(self) -> list[str]:
        """Return the report, line by line."""
        return [
            *self.differences,
            *self.notes,
            f"{self.with_committed} facts compared with committed recordings, {self.with_demo} "
            f"with the demo's (those that hold for any model): {len(self.differences)} differ",
        ]


def compare_with_facts(
    project: Project, expected: Iterable[ExpectedOutput] | None = None
) -> FactsReport:
    """Compare the committed recordings with the published facts, and the demo's where it can be.

    A recording that is stale says nothing of today's snippets: it is named, not compared.

    Raises:
        GuideError: the demo model cannot be had, or a snippet of a fact does not exist.

    """
    expected = list(expected_outputs() if expected is None else expected)
    snippets = list(dict.fromkeys(fact.snippet for fact in expected))
    report = FactsReport()

    states = {name: committed_freshness(project, name) for name in snippets}
    if not any(state.recorded for state in states.values()):
        report.notes.append(f"there are no committed recordings: {HOW_TO_RECORD}")
    for name, state in states.items():
        if state.recorded and not state.is_fresh:
            why = ", ".join(state.stale_because)
            report.notes.append(f"{name}: the committed recording is stale ({why}): not compared")
    report.with_committed = _compare(report, expected, states)

    demo = profiles.current({})
    general = [fact for fact in expected if fact.any_model]
    names = dict.fromkeys(fact.snippet for fact in general)
    demo_states = {name: freshness(project, name, demo) for name in names}
    for name, state in demo_states.items():
        if not state.is_fresh:
            remedy = f"run it with `python -m nnsight_guide run {name}`"
            report.notes.append(f"{name}: the demo's recording is stale: not compared; {remedy}")
    report.with_demo = _compare(report, general, demo_states)
    return report


def _compare(
    report: FactsReport, facts: list[ExpectedOutput], states: Mapping[str, Freshness[Recording]]
) -> int:
    fresh = [(fact, state) for fact in facts if (state := states[fact.snippet]).is_fresh]
    for fact, state in fresh:
        assert state.recorded is not None
        report.differences += differences(fact, state.recorded)
    return len(fresh)


def differences(fact: ExpectedOutput, recording: Recording) -> list[str]:
    """Return one line if the recording does not show the fact: what it shows instead."""
    where = f"{fact.snippet}/{fact.cell} ({recording.provenance['model']})"
    cell = recording.cell(fact.cell)
    if cell is None:
        return [f"{where}: published {fact.text!r}, recorded: there is no such cell"]
    lines = _lines("\n".join(render.output_text(output) for output in cell["outputs"]))
    sought = _lines(fact.text)
    length = len(sought)
    windows = [lines[start : start + length] for start in range(len(lines) - length + 1)]
    if sought in windows:
        return []
    nearest = difflib.get_close_matches(fact.text, map("\n".join, windows), n=1, cutoff=0)
    recorded = repr(nearest[0]) if nearest else "nothing"
    return [f"{where}: published {fact.text!r}, recorded {recorded}"]


def _lines(text: str) -> list[str]:
    return [line.strip().rstrip(",") for line in text.splitlines()]
