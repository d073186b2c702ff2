"""What the service and its worker say to each other: a line of JSON, then the bytes that it counts.

Pure. One side's pipe is the other's: whoever finds the end of it knows that the other has ended.
"""

import json
from typing import IO, Any


def send(file: IO[bytes], blob: bytes = b"", **header: Any) -> None:
    """Write a message: `header` must be fit for JSON, `blob` is sent as it is."""
    file.write(json.dumps({**header, "bytes": len(blob)}).encode() + b"\n")
    file.write(blob)
    file.flush()


def receive(file: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """Read the next message, header and blob; None at the end, be it in the middle of one."""
    line = file.readline()
    if not line.endswith(b"\n"):
        return None
    header = json.loads(line)
    size = header.pop("bytes")
    blob = file.read(size)
    return (header, blob) if len(blob) == size else None
