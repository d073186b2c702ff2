"""The one model that is live here, and whether a job means it."""

import json
from dataclasses import dataclass
from typing import Any

from nnsight_guide.ndif.availability import TASK


@dataclass(frozen=True)
class Identity:
    """The model `repo_id` for text generation.

    Attributes:
        wrapper: the import path of the class that its clients have to have for it.

    """

    repo_id: str
    wrapper: str

    @property
    def key(self) -> str:
        """The model key that a client of this model sends."""
        key = {"repo_id": self.repo_id, "revision": None, "task": TASK}
        return f"{self.wrapper}:{json.dumps(key)}"

    def refusal(self, model_key: str) -> str | None:
        """Return why a job for `model_key` cannot run here, or None if it can."""
        wrapper, _, text = model_key.partition(":")
        try:
            asked = json.loads(text)
        except ValueError:
            asked = None
        if not isinstance(asked, dict):
            return f"The model key {model_key!r} cannot be read."
        if asked.get("revision") == "main":
            asked["revision"] = None
        if (wrapper, asked) == (self.wrapper, json.loads(self.key.partition(":")[2])):
            return None
        details = [str(asked.get("repo_id"))]
        details += [
            f"{name} {value}" for name, value in asked.items() if name != "repo_id" and value
        ]
        return (
            f"Model not live: {', '.join(details)} ({wrapper.rpartition('.')[2]}). The loopback "
            f"service runs {self.repo_id} only, as a {self.wrapper.rpartition('.')[2]}, "
            f"task {TASK}."
        )

    def deployment(self) -> dict[str, Any]:
        """Describe the model as NDIF's status does."""
        return {
            "model_key": self.key,
            "repo_id": self.repo_id,
            "revision": None,
            "task": TASK,
            "trust_remote_code": False,
            "deployment_level": "HOT",
            "application_state": "RUNNING",
        }
