"""Asks NDIF, or what stands in for it, whether it takes this installation's jobs."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.redaction import API_KEY_VARIABLE
from nnsight_guide.ndif.availability import mapping_or_empty, versions_that_differ, why_not_live
from nnsight_guide.ndif.retries import PASSING_STATUS

if TYPE_CHECKING:
    import httpx

HOST_VARIABLE = "NDIF_HOST"  # nnsight reads it; without it, NDIF itself is meant

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0  # of silence
TOTAL_SECONDS = 60.0  # for all questions together, whatever happens
WAITS_TO_ASK = (1.0, 3.0)  # seconds before each further attempt at a question, where that may help

REMEDY = "or build with GUIDE_PROFILE=demo"


def default_host() -> str:
    """Return where nnsight itself looks for NDIF, read without importing nnsight (and torch)."""
    import yaml

    shipped = Path(str(distribution("nnsight").locate_file("nnsight/config.yaml")))
    return str(yaml.safe_load(shipped.read_text(encoding="utf-8"))["API"]["HOST"])


def check_service(model_id: str, environ: Mapping[str, str] = os.environ) -> None:
    """Ask the service for the key, the live models and its versions, within a minute.

    Args:
        model_id: the model that has to be live.
        environ: holds `NDIF_API_KEY` and, for another service than NDIF, `NDIF_HOST`.

    Raises:
        GuideError: the service cannot be reached, refuses the key, does not run the model, or
            has other versions of what jobs depend on.

    """
    host = (environ.get(HOST_VARIABLE) or default_host()).rstrip("/")
    if not host.startswith(("http://", "https://")):
        raise GuideError(f"NDIF_HOST is no address that starts with https://: mend it, {REMEDY}")
    key = environ.get(API_KEY_VARIABLE, "")
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
    try:
        url = httpx.URL(host)
    except (httpx.InvalidURL, UnicodeError):
        raise GuideError(f"NDIF_HOST is no address that can be read: mend it, {REMEDY}") from None
    with httpx.Client(base_url=url, timeout=timeout) as client:
        identity = _get(client, host, "/whoami", {"ndif-api-key": key})
        # An unknown key gets nobody for an answer, and no error.
        if identity is not None and not identity.get("email"):
            raise GuideError(
                f"{host} does not know the key in NDIF_API_KEY: set the one that login.ndif.us "
                f"shows you, {REMEDY}"
            )
        deployments = mapping_or_empty((_get(client, host, "/status") or {}).get("deployments"))
        if fault := why_not_live(model_id, deployments):
            raise GuideError(f"{fault}: try again later, {REMEDY}")
        if fault := versions_that_differ(_get(client, host, "/env") or {}):
            raise GuideError(
                f"this installation and {host} do not match: {fault}; install the versions "
                f"that are there, {REMEDY}"
            )


def _get(
    client: httpx.Client, host: str, path: str, headers: dict[str, str] | None = None
) -> dict[str, Any] | None:
    """Return the JSON object that the service answers with; None if it has no such address."""
    import httpx

    for wait in (*WAITS_TO_ASK, None):
        try:
            reply = client.get(path, headers=headers)
        except httpx.TimeoutException as error:
            # It had its time; what is silent for so long is so again.
            seconds = CONNECT_SECONDS if isinstance(error, httpx.ConnectTimeout) else READ_SECONDS
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
                with suppress(ValueError):  # no JSON
                    if isinstance(answer := reply.json(), dict):
                        return answer
                raise GuideError(
                    f"{host} is no NDIF: it answers something else to {path}; look at NDIF_HOST, "
                    f"{REMEDY}"
                )
            fault = f"answers {reply.status_code} {reply.reason_phrase} to {path}".rstrip()
            if reply.status_code not in PASSING_STATUS:
                break
        if wait is not None:
            time.sleep(wait)
    raise GuideError(_unreachable(host, fault))


def _unreachable(host: str, fault: str) -> str:
    return f"{host} {fault}: look at your network and at NDIF_HOST, try again later, {REMEDY}"
