"""What a service says of itself → why it would not take this installation's jobs. Pure."""

import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

TASK = "text-generation"
LISTED_MODELS = 12
# Where these differ, the service rejects jobs, or they mean something else there.
COMPARED = ("nnsight", "torch", "transformers")


def why_not_live(model_id: str, deployments: Mapping[str, Any]) -> str:
    """Return that a model is not live and which are, or "" if it is.

    Args:
        model_id: the model, meant at its main revision and for text generation.
        deployments: what the service's `/status` lists.

    """
    described = [mapping_or_empty(deployment) for deployment in deployments.values()]
    running = [one for one in described if one.get("application_state") == "RUNNING"]
    for deployment in running:
        if (
            str(deployment.get("repo_id")).lower() == model_id.lower()
            and (deployment.get("revision") or "main") == "main"
            and (deployment.get("task") or TASK) == TASK
        ):
            return ""
    live = sorted({str(deployment.get("repo_id")) for deployment in running})
    more = f" and {len(live) - LISTED_MODELS} more" if len(live) > LISTED_MODELS else ""
    which = f"live are {', '.join(live[:LISTED_MODELS])}{more}" if live else "no model is"
    return f"{model_id} is not live on the service ({which})"


def versions_that_differ(environment: Mapping[str, Any]) -> str:
    """Return which versions differ from this installation's, or "" if none does.

    Args:
        environment: what the service's `/env` tells; what it leaves out is not compared.

    """
    there = {"Python": _minor(str(environment.get("python_version") or ""))}
    packages = mapping_or_empty(environment.get("packages"))
    there.update({name: _public(str(packages.get(name) or "")) for name in COMPARED})
    here = {"Python": _minor(platform.python_version())}
    here.update({name: _public(version(name)) for name in COMPARED})
    return ", ".join(
        f"{name} {here[name]} here, {there[name]} there"
        for name in here
        if there[name] and there[name] != here[name]
    )


def mapping_or_empty(value: Any) -> Mapping[str, Any]:
    """Return a part of an answer; one of another shape than expected counts as empty."""
    return value if isinstance(value, Mapping) else {}


def _minor(python: str) -> str:
    return ".".join(python.split(" ")[0].split(".")[:2])


def _public(number: str) -> str:
    return number.split("+")[0]
