"""A running service, as the process that started it sees it."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nnsight_guide.base.project import HOST
from nnsight_guide.base.redaction import API_KEY_VARIABLE
from nnsight_guide.ndif.client import HOST_VARIABLE


@dataclass(frozen=True)
class Service:
    """A running loopback service.

    Attributes:
        url: its address, such as `http://127.0.0.1:41873`.
        key: the API key of this start.
        repo_id: the id of the one model that is live there.
        folder: the folder of this start, which is removed at the end.
        process: the service itself.
    """

    url: str
    key: str
    repo_id: str
    folder: Path
    process: subprocess.Popen[bytes]

    def environment(self, inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
        """Return the environment variables with which a client uses this service.

        They must be set before the client's process imports nnsight or huggingface_hub, both
        of which read them once.

        Args:
            inherited: the environment that they will be added to.

        """
        variables = {
            HOST_VARIABLE: self.url,
            API_KEY_VARIABLE: self.key,
            # A model's remote identity is looked up on the hub, so the service is that, too.
            "HF_ENDPOINT": self.url,
            "HF_HUB_OFFLINE": "0",
            # What this hub says must not mix with what the real one said.
            "HF_HUB_CACHE": str(self.folder / "hub"),
            # The reader's token is for the real hub.
            "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
            # `nnsight login` would write this service's key over the reader's own.
            "NNSIGHT_CONFIG": str(self.folder / "nnsight.yaml"),
        }
        if any(name.lower() in ("http_proxy", "all_proxy") for name in inherited):
            others = inherited.get("no_proxy") or inherited.get("NO_PROXY")
            direct = f"{others},{HOST}" if others else HOST
            # Which of the two is read differs between libraries.
            variables.update({"NO_PROXY": direct, "no_proxy": direct})
        return variables

    def for_the_guide(self) -> dict[str, str]:
        """Return these variables, and those by which the guide's own code runs here."""
        return {**self.environment(), "GUIDE_MODEL": self.repo_id, "GUIDE_REMOTE": "1"}

    def log(self) -> str:
        """Return what the service has reported so far; empty if that goes to the terminal."""
        try:
            return (self.folder / "service.log").read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
