"""What a notebook is made of: a chapter's text, and the recordings of what it shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from nnsight_guide.base.errors import GuideError
from nnsight_guide.chapter.page_code import SHOWING, without_comments
from nnsight_guide.chapter.text import Block, Call, blocks, calls_in
from nnsight_guide.html.installing import Package
from nnsight_guide.notebook.prose import Link
from nnsight_guide.recording.recordings import Recording, pick_cell

SETUP = ("model", "setup")


@dataclass(frozen=True)
class Chapter:
    """What a notebook is made of.

    Attributes:
        path: the chapter's file, relative to the project.
        markdown: its text.
        recordings: of each snippet the recording to show.
        link: where a link of the chapter leads from the notebook; `""` is the chapter itself.
        package: the guide's own package, as the site offers it.

    """

    path: str
    markdown: str
    recordings: Mapping[str, Recording]
    link: Link
    package: Package

    @cached_property
    def blocks(self) -> list[Block]:
        """The blocks of its text."""
        return blocks(without_comments(self.markdown))

    def recorded(self, call: Call) -> Mapping[str, Any]:
        """Return the cell that a call names.

        Raises:
            GuideError: there is no such cell; the nearest name and the call's line are named.

        """
        try:
            return pick_cell(self.recordings, *call.arguments)
        except TypeError:
            said = f"{call.function}(…) takes the names of a snippet and of one of its cells"
            raise GuideError(f"{self.path}, line {call.line}: {said}") from None
        except GuideError as error:
            raise GuideError(f"{self.path}, line {call.line}: {error}") from None

    def used(self) -> dict[str, Recording]:
        """Return the recordings that the chapter shows, by snippet."""
        calls = [call for block in self.blocks for call in calls_in(block)]
        names = [(call.arguments or SETUP)[0] for call in calls if call.function in SHOWING]
        known = self.recordings
        return {name: known[name] for name in names if name in known}

    def is_remote(self) -> bool:
        """Whether its jobs need a service."""
        calls = (call for block in self.blocks for call in calls_in(block))
        return any(call.function == "which_service" for call in calls)

    def provenance(self) -> list[dict[str, Any]]:
        """Return how those recordings came to be."""
        return [recording.provenance for recording in self.used().values()]
