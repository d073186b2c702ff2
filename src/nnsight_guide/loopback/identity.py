"""The one model that is live here, and whether a job means it."""

import json
from dataclasses import dataclass
from typing import Any

from nnsight import TransformersModel
from nnsight.util import to_import_path

from nnsight_guide.ndif.availability import TASK

_WRAPPER: str = to_import_path(TransformersModel)


@dataclass(frozen=True)
class Identity:
    """The model `repo_id`, as a `TransformersModel` for text generation."""

    repo_id: str

    @property
    def key(self) -> str:
        """The model key that a client of this model sends."""
        key = {"repo_id": self.repo_id, "revision": None, "task": TASK}
        return f"{_WRAPPER}:{json.dumps(key)}"

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
        if (wrapper, asked) == (_WRAPPER, json.loads(self.key.partition(":")[2])):
            return None
        details = [str(asked.get("repo_id"))]
        details += [
            f"{name} {value}" for name, value in asked.items() if name != "repo_id" and value
        ]
        return (
            f"Model not live: {', '.join(details)} ({wrapper.rpartition('.')[2]}). The loopback "
            f"service runs {self.repo_id} only, as a TransformersModel, task {TASK}."
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
