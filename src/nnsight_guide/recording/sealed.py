"""A file that holds what a run gave, sealed with the key of all that it depends on.

Recordings of snippets and outcomes of idioms are such files: JSON, with these parts in its metadata
under `guide` (a committed recording, which is made of several runs, has other ones):

- `key_parts`, what the outputs depend on and is known before they run, so that a stale file can
  say what has changed;
- `read`, what else of the checkout was read in that run, as it was then;
- `provenance`, how they came to be;
- `digest`, a hash over all the rest. A file that somebody has edited by hand no longer agrees with
  its digest and counts as damaged, so what it records runs again. Whoever computes the digest anew
  gets past that, but not past `verify --rerun`.
"""

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from nnsight_guide.base import libraries
from nnsight_guide.base.scratch import write_json
from nnsight_guide.model.profiles import Profile
from nnsight_guide.recording import keys


@dataclass(frozen=True)
class SealedFile:
    """A file of JSON that agrees with its own digest.

    Attributes:
        content: the file as JSON, without its digest.

    """

    content: Mapping[str, Any]

    @property
    def _guide(self) -> Mapping[str, Any]:
        guide: Mapping[str, Any] = self.content["metadata"]["guide"]
        return guide

    def check(self) -> None:
        """Look at what a file of another kind lacks, which then raises a KeyError, or the like."""

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """Read a file; one that is missing, damaged or edited by hand is none."""
        try:
            text = path.read_bytes()
            loaded = cls(_without_digest(text)[0])
            loaded.check()
            is_whole = _agrees(text)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return loaded if is_whole else None

    def save(self, path: Path) -> None:
        """Write the file, with its digest, as a whole or not at all; raises as `write_json`."""
        guide = {**self._guide, "digest": keys.digest(self.content)}
        metadata = {**self.content["metadata"], "guide": guide}
        write_json({**self.content, "metadata": metadata}, path)


def _without_digest(text: bytes) -> tuple[dict[str, Any], str]:
    """Return what a file holds, and the digest that it holds of that."""
    content = json.loads(text)
    return content, content["metadata"]["guide"].pop("digest")


@lru_cache(maxsize=256)  # more than there are files: each build of a preview asks about all
def _agrees(text: bytes) -> bool:
    content, digest = _without_digest(text)
    return bool(digest == keys.digest(content))


@dataclass(frozen=True)
class Sealed(SealedFile):
    """What a run gave, and what is known of how it came to be."""

    @property
    def key_parts(self) -> dict[str, str]:
        """What the outputs depend on: a name for each thing, and its hash or version."""
        return dict(self._guide["key_parts"])

    @property
    def read(self) -> dict[str, str]:
        """What else was read of the checkout, by name; see `readings`."""
        return dict(self._guide.get("read", {}))

    @property
    def key(self) -> str:
        """One hash over the key's parts, and over what else was read."""
        return keys.digest({**self.read, **self.key_parts})

    @property
    def provenance(self) -> dict[str, Any]:
        """Profile, model, versions and date of the run; a recording's has more."""
        return dict(self._guide["provenance"])

    def check(self) -> None:
        """Look at the key and the provenance; raises as above."""
        self.key, self.provenance  # noqa: B018 - they may not be there


def guide_metadata(
    key_parts: Mapping[str, str], read: Mapping[str, str], profile: Profile, **more: Any
) -> dict[str, dict[str, Any]]:
    """Return the metadata of a run that has just been made.

    Args:
        key_parts: what its outputs depend on, as far as that is known without a run.
        read: what it read of the checkout; what is a part of the key as well is left out.
        profile: what it ran on.
        more: what else is known of how it came to be.

    """
    provenance = {
        "profile": profile.name,
        "model": profile.model_id,
        "versions": libraries.installed_versions(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        **more,
    }
    also_read = {name: value for name, value in read.items() if name not in key_parts}
    guide = {"key_parts": dict(key_parts), "read": also_read, "provenance": provenance}
    return {"guide": guide}
