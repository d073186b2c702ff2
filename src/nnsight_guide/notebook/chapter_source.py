"""What a notebook is made of: a chapter's text, and the recordings of what it shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from nnsight_guide.base.errors import GuideError
from nnsight_guide.chapter.page_code import SHOWING, without_comments
from nnsight_guide.chapter.text import Block, Call, blocks, calls_in
from nnsight_guide.html.installing import Package
from nnsight_guide.model.profiles import SECOND
from nnsight_guide.notebook.prose import Link
from nnsight_guide.recording.real_cells import Real
from nnsight_guide.recording.recordings import Recording, pick_cell


def setup_cell(call: Call) -> tuple[str, str]:
    """Return the snippet and the cell that a call of `setup` shows."""
    snippet, *_ = (*call.arguments, "model")
    return snippet, "setup"


@dataclass(frozen=True)
class Chapter:
    """What a notebook is made of.

    Attributes:
        path: the chapter's file, relative to the project.
        markdown: its text.
        recordings: of each snippet the recording to show.
        link: where a link of the chapter leads from the notebook; `""` is the chapter itself.
        package: the guide's own package, as the site offers it.
        committed: what the real model gave, which is shown in the place of what is recorded.

    """

    path: str
    markdown: str
    recordings: Mapping[str, Recording]
    link: Link
    package: Package
    committed: Real = field(default_factory=dict)

    @cached_property
    def blocks(self) -> list[Block]:
        """The blocks of its text."""
        return blocks(without_comments(self.markdown))

    def recorded(self, call: Call) -> Mapping[str, Any]:
        """Return the cell that a call names, with the outputs to show.

        Raises:
            GuideError: there is no such cell; the nearest name and the call's line are named.

        """
        try:
            snippet, name = call.arguments
            recorded = pick_cell(self.recordings, snippet, name)
        except ValueError:
            said = f"{call.function}(…) takes the names of a snippet and of one of its cells"
            raise GuideError(f"{self.path}, line {call.line}: {said}") from None
        except GuideError as error:
            raise GuideError(f"{self.path}, line {call.line}: {error}") from None
        real = self.committed.get(snippet, {}).get(name)
        return {**recorded, "outputs": real.outputs} if real else recorded

    def is_remote(self) -> bool:
        """Whether its jobs need a service."""
        calls = (call for block in self.blocks for call in calls_in(block))
        return any(call.function == "which_service" for call in calls)

    def is_for_second_model(self) -> bool:
        """Whether what it shows is for the second model."""
        return any(made["profile"] == SECOND for made in self.provenance())

    def provenance(self) -> list[Mapping[str, Any]]:
        """Return how what the chapter shows came to be, each recording and each run once."""
        calls = [call for block in self.blocks for call in calls_in(block)]
        shown = [
            setup_cell(call) if call.function == "setup" else call.arguments
            for call in calls
            if call.function in SHOWING
        ]
        found: dict[str, Mapping[str, Any]] = {}
        for snippet, *cell in shown:
            if snippet in self.recordings:
                real = self.committed.get(snippet, {}).get("".join(cell))
                made = real or self.recordings[snippet]
                found[f"{snippet} {real.key if real else ''}"] = made.provenance
        return list(found.values())
