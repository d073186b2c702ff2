"""Recordings against the published facts: every difference, by name."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nnsight_guide.base.project import Project
from nnsight_guide.html import render
from nnsight_guide.html.published_facts import ExpectedOutput, expected_outputs
from nnsight_guide.model import profiles
from nnsight_guide.recording.freshness import freshness
from nnsight_guide.recording.real_cells import real_state

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

    profile = profiles.current({})
    states = {name: freshness(project, name, profile) for name in snippets}
    demo = {name: s.recorded for name, s in states.items() if s.recorded and s.is_fresh}

    real = {name: real_state(project, name, demo.get(name)) for name in snippets}
    if not any(state.file for state in real.values()):
        report.notes.append(f"there are no committed recordings: {HOW_TO_RECORD}")
    for fact in expected:
        if made := real[fact.snippet].cells.get(fact.cell):
            report.with_committed += 1
            report.differences += differences(fact, made.provenance["model"], made.outputs)
    for name, state in real.items():
        if state.file and not state.is_fresh:
            why = "; ".join(state.reasons())
            report.notes.append(f"{name}: the committed recording is stale ({why}): not compared")

    general = [fact for fact in expected if fact.any_model]
    for name in dict.fromkeys(fact.snippet for fact in general):
        if name not in demo:
            remedy = f"run it with `python -m nnsight_guide run {name}`"
            report.notes.append(f"{name}: the demo's recording is stale: not compared; {remedy}")
    for fact in general:
        if recording := demo.get(fact.snippet):
            cell = recording.cell(fact.cell)
            outputs = cell["outputs"] if cell else None
            report.with_demo += 1
            report.differences += differences(fact, recording.provenance["model"], outputs)
    return report


def differences(
    fact: ExpectedOutput, model: str, outputs: Iterable[Mapping[str, Any]] | None
) -> list[str]:
    """Return one line if the outputs do not show the fact: what they show instead.

    Args:
        fact: what was published.
        model: what gave the outputs.
        outputs: those of the cell; None, if there is no such cell.

    """
    where = f"{fact.snippet}/{fact.cell} ({model})"
    if outputs is None:
        return [f"{where}: published {fact.text!r}, recorded: there is no such cell"]
    lines = _lines("\n".join(map(render.output_text, outputs)))
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
