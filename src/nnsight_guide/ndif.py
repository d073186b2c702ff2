"""Whether NDIF, or what stands in for it, takes this installation's jobs."""

from __future__ import annotations

import os
import platform
import threading
import time
from collections.abc import Mapping
from importlib.metadata import distribution, version
from typing import TYPE_CHECKING, Any

from nnsight_guide.errors import GuideError
from nnsight_guide.retries import PASSING_STATUS

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0  # of silence
TOTAL_SECONDS = 60.0  # for all questions together, whatever happens
WAITS = (1.0, 3.0)  # seconds before each further attempt at a question, where that may help

TASK = "text-generation"
LISTED_MODELS = 12
# Where these differ, the service rejects jobs, or they mean something else there.
COMPARED = ("nnsight", "torch", "transformers")
REMEDY = "or build with GUIDE_PROFILE=demo"


def default_host() -> str:
    """Return where nnsight itself looks for NDIF, read without importing nnsight (and torch)."""
    import yaml

    shipped = distribution("nnsight").locate_file("nnsight/config.yaml").read_text("utf-8")
    return str(yaml.safe_load(shipped)["API"]["HOST"])


def check(model_id: str, environ: Mapping[str, str] = os.environ) -> None:
    """Ask the service for the key, the live models and its versions, within a minute.

    Args:
        model_id: the model that has to be live.
        environ: holds `NDIF_API_KEY` and, for another service than NDIF, `NDIF_HOST`.

    Raises:
        GuideError: the service cannot be reached, refuses the key, does not run the model, or
            has other versions of what jobs depend on.

    """
    host = (environ.get("NDIF_HOST") or default_host()).rstrip("/")
    if not host.startswith(("http://", "https://")):
        raise GuideError(f"NDIF_HOST is no address: it must start with https://, not be {host!r}")
    key = environ.get("NDIF_API_KEY", "")
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise GuideError(
            "NDIF_API_KEY holds a character that no key has (a space, a line break?): set it "
            f"again, {REMEDY}"
        )
    failures: list[BaseException] = []

    def ask() -> None:
        try:
            _ask(host, key, model_id)
        except BaseException as error:
            failures.append(error)

    # Looking up a name has no timeout of its own, and a drop now and then counts as an answer.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(TOTAL_SECONDS)
    if asking.is_alive():
        raise GuideError(_unreachable(host, f"has not answered within {TOTAL_SECONDS:g} s"))
    if failures:
        raise failures[0]


def _ask(host: str, key: str, model_id: str) -> None:
    import httpx

    timeout = httpx.Timeout(CONNECT_SECONDS, read=READ_SECONDS)
    with httpx.Client(base_url=host, timeout=timeout) as client:
        identity = _get(client, host, "/whoami", {"ndif-api-key": key})
        # An unknown key gets nobody for an answer, and no error.
        if identity is not None and not identity.get("email"):
            raise GuideError(
                f"{host} does not know the key in NDIF_API_KEY: set the one that login.ndif.us "
                f"shows you, {REMEDY}"
            )
        deployments = (_get(client, host, "/status") or {}).get("deployments") or {}
        if fault := not_live(model_id, deployments):
            raise GuideError(f"{fault}: try again later, {REMEDY}")
        if fault := versions_that_differ(_get(client, host, "/env") or {}):
            raise GuideError(
                f"this installation and {host} do not match: {fault}; install the versions "
                f"that are there, {REMEDY}"
            )


def not_live(model_id: str, deployments: Mapping[str, Mapping[str, Any]]) -> str:
    """Return that a model is not live and which are, or "" if it is.

    Args:
        model_id: the model, meant at its main revision and for text generation.
        deployments: what the service's `/status` lists.

    """
    running = [told for told in deployments.values() if told.get("application_state") == "RUNNING"]
    for told in running:
        if (
            str(told.get("repo_id")).lower() == model_id.lower()
            and (told.get("revision") or "main") == "main"
            and (told.get("task") or TASK) == TASK
        ):
            return ""
    live = sorted({str(told.get("repo_id")) for told in running})
    more = f" and {len(live) - LISTED_MODELS} more" if len(live) > LISTED_MODELS else ""
    which = f"live are {', '.join(live[:LISTED_MODELS])}{more}" if live else "no model is"
    return f"{model_id} is not live on the service ({which})"


def versions_that_differ(environment: Mapping[str, Any]) -> str:
    """Return which versions differ from this installation's, or "" if none does.

    Args:
        environment: what the service's `/env` tells; what it does not tell is not compared.

    """
    there = {"Python": _minor(str(environment.get("python_version") or ""))}
    packages = environment.get("packages") or {}
    there.update({name: _public(str(packages.get(name) or "")) for name in COMPARED})
    here = {"Python": _minor(platform.python_version())}
    here.update({name: _public(version(name)) for name in COMPARED})
    return ", ".join(
        f"{name} {here[name]} here, {there[name]} there"
        for name in here
        if there[name] and there[name] != here[name]
    )


def _get(
    client: httpx.Client, host: str, path: str, headers: dict[str, str] | None = None
) -> dict[str, Any] | None:
    """Return the JSON object that the service answers with; None if it has no such address."""
    import httpx

    for wait in (*WAITS, None):
        try:
            reply = client.get(path, headers=headers)
        except httpx.TimeoutException as error:
            # It had its time; what is silent for so long is so again.
            is_silent = isinstance(error, httpx.ConnectTimeout)
            seconds = CONNECT_SECONDS if is_silent else READ_SECONDS
            fault = f"has not answered within {seconds:g} s"
            break
        except httpx.HTTPError as error:
            fault = f"cannot be reached ({' '.join(str(error).split()) or type(error).__name__})"
        else:
            if reply.status_code in (401, 403):
                raise GuideError(
                    f"{host} refuses the key in NDIF_API_KEY: set the one that login.ndif.us "
                    f"shows you, {REMEDY}"
                )
            if reply.status_code == 404:
                return None
            if reply.is_success:
                return _object(reply, host, path)
            fault = f"answers {reply.status_code} {reply.reason_phrase} to {path}".rstrip()
            if not PASSING_STATUS.search(fault):
                break
        if wait is not None:
            time.sleep(wait)
    raise GuideError(_unreachable(host, fault))


def _object(reply: httpx.Response, host: str, path: str) -> dict[str, Any]:
    try:
        told = reply.json()
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise GuideError(
            f"{host} is no NDIF: it answers something else to {path}; look at NDIF_HOST, {REMEDY}"
        )
    return told


def _unreachable(host: str, fault: str) -> str:
    return f"{host} {fault}: look at your network and at NDIF_HOST, try again later, {REMEDY}"


def _minor(python: str) -> str:
    return ".".join(python.split(" ")[0].split(".")[:2])


def _public(number: str) -> str:
    return number.split("+")[0]
