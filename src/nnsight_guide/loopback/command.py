"""The command `python -m nnsight_guide loopback`."""

from __future__ import annotations

import os
import shlex

from nnsight_guide.loopback.launch import start
from nnsight_guide.loopback.service import Service
from nnsight_guide.loopback.settings import HOST


def main(host: str = HOST, port: int = 0) -> int:
    """Run the service until Ctrl-C, and print the environment variables that lead to it.

    Args:
        host: 127.0.0.1; there to be refused if it is anything else.
        port: the port to listen on; by default a free one.

    Returns:
        0, after Ctrl-C.

    Raises:
        LoopbackError: the service cannot start, or has ended by itself.

    """
    try:
        with start(host=host, port=port, log_to_terminal=True) as service:
            print(instructions(service), flush=True)
            service.process.wait()
    except KeyboardInterrupt:
        pass
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
