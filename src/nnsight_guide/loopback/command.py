"""The command `python -m nnsight_guide loopback`."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Sequence

from nnsight_guide.loopback.launch import start
from nnsight_guide.loopback.service import Service
from nnsight_guide.loopback.settings import HOST, LoopbackError

PROGRAM = "python -m nnsight_guide loopback"


def main(argv: Sequence[str]) -> int:
    """Run the service until Ctrl-C, and print the environment variables that lead to it.

    Returns:
        0 after Ctrl-C; 1, with one line on standard error, if the service cannot start or
        ends by itself.

    """
    parser = argparse.ArgumentParser(prog=PROGRAM, description="A stand-in for NDIF.")
    parser.add_argument("--host", default=HOST, help=f"{HOST}, and nothing else")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    options = parser.parse_args(argv)
    try:
        with start(host=options.host, port=options.port, log_to_terminal=True) as service:
            print(instructions(service), flush=True)
            service.process.wait()
    except KeyboardInterrupt:
        return 0
    except LoopbackError as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 1
    return 0


def instructions(service: Service, *, powershell: bool = os.name == "nt") -> str:
    """Return what to paste into another terminal to use the `service` there."""
    if powershell:
        lines = [
            f"$env:{name} = '{value.replace(chr(39), 2 * chr(39))}'"
            for name, value in service.environment().items()
        ]
    else:
        lines = [
            f"export {name}={shlex.quote(value)}" for name, value in service.environment().items()
        ]
    return "\n".join(
        [
            "# Paste these lines into the terminal in which you will start Python or Jupyter.",
            f"# The one model there is {service.repo_id!r}; any other repository is not found",
            "# while they are set. Ctrl-C here ends the service.",
            *lines,
        ]
    )
