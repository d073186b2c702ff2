"""Scripts, each run in a process of its own: `python -m … processes 60 2 a.py b.py`.

Importing torch, transformers and nnsight takes longer than most scripts do, and so does the set-up
of the chapters. So where the system can fork safely (Linux) they are imported once, and every
script starts from a copy of that process. No weights are loaded before the copy, and there is no
thread of torch's, which a copy would lack. The numbers are the seconds that each script may take,
and how many run at once. As soon as a script has ended it prints a line of JSON: the script's
number (from 0), its exit code (null: it took too long), its output and errors, and what it read of
the current folder. All ends when standard input does, whose other end is held by whoever asked.
"""

import gc
import importlib
import json
import multiprocessing
import os
import runpy
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from nnsight_guide.base.scratch import scratch_folder
from nnsight_guide.recording.readings import Readings, merged

BEHIND_KERNELS = 5  # how much later than others it gets a processor (`nice`)
SCRIPT_SECONDS = 300  # GPT-J itself, of which each script loads a copy, may take a minute or two
STREAMS = (".out", ".err")  # of the files that a script's output and errors go to
READ = ".read"  # of the file that tells what it read


@dataclass(frozen=True)
class Finished:
    """What a script left behind.

    Attributes:
        exit_code: its exit status; None if it was stopped for taking too long.
        output: what it wrote to standard output.
        errors: what it wrote to standard error.
        read: what it read of the checkout (`readings`); nothing, if it was stopped.

    """

    exit_code: int | None
    output: str
    errors: str
    read: Mapping[str, str] = field(default_factory=dict)


def run_scripts(
    scripts: list[Path],
    seconds: float = SCRIPT_SECONDS,
    at_once: int = 1,
    *,
    copies: bool = False,
    readings: Readings | None = None,
    until: int | None = None,
) -> Iterator[tuple[int, Finished]]:
    """Run every script, `at_once` side by side, each for at most `seconds`.

    Yields, in the order in which they end, the number of each script and what it left behind.
    With `copies`, each starts from a copy of this process, which then must have no threads, and
    `readings` tells what this process has read for all that use the set-up.
    At the end of the file with the descriptor `until`, those that still run are stopped.
    """
    ends = [] if until is None else [until]
    with scratch_folder() as folder, ExitStack() as stopped:
        running: dict[BaseProcess, float] = {}  # each with the time by which it must have ended
        captures = [folder / str(number) for number in range(len(scripts))]
        waiting = list(zip(scripts, captures, strict=True))[::-1]
        while waiting or running:
            while waiting and len(running) < at_once:
                process = _start(*waiting.pop(), copies, readings)
                stopped.callback(process.join)  # a copy that still writes would keep the folder
                stopped.callback(process.kill)  # the last that is named comes first
                running[process] = time.monotonic() + seconds
            next_end = min(running.values()) - time.monotonic()
            sentinels = [process.sentinel for process in running]
            if until in wait([*sentinels, *ends], timeout=max(next_end, 0)):
                return
            now = time.monotonic()
            for process in [p for p, end in running.items() if not p.is_alive() or end <= now]:
                late = process.is_alive()
                if late:
                    process.kill()
                process.join()
                del running[process]
                number = int(process.name)
                output, errors = (
                    captures[number].with_suffix(suffix).read_text("utf-8", errors="replace")
                    for suffix in STREAMS
                )
                told = captures[number].with_suffix(READ)
                read = json.loads(told.read_text("utf-8")) if told.exists() else {}
                yield number, Finished(None if late else process.exitcode, output, errors, read)


def _start(script: Path, capture: Path, copies: bool, readings: Readings | None) -> BaseProcess:
    # A script that hides a package must come before whoever looks for it: it starts from nothing.
    hides = "sys.modules[" in script.read_text(encoding="utf-8")
    method = "fork" if copies and not hides else "spawn"
    if method == "spawn" or not _uses_set_up(script):
        readings = None
    for suffix in STREAMS:
        capture.with_suffix(suffix).touch()
    process: BaseProcess = multiprocessing.get_context(method).Process(  # type: ignore[attr-defined]
        target=_run_script,
        args=(str(script), str(capture), readings),
        name=capture.name,
        daemon=True,
    )
    process.start()
    return process


def _run_script(script: str, capture: str, readings: Readings | None) -> None:
    """Become the script: its name, its arguments, its two streams; then tell what it read."""
    for stream, suffix in zip((sys.stdout, sys.stderr), STREAMS, strict=True):
        stream.flush()
        with Path(capture).with_suffix(suffix).open("wb") as file:
            os.dup2(file.fileno(), stream.fileno())
    sys.argv = [script]
    readings = readings or Readings(Path.cwd())
    try:
        runpy.run_path(script, run_name="__main__")
    finally:
        settled = readings.settled()
        read = merged(settled, settled)
        # Whoever looks at the stack reads this very file, which counts already (`MACHINERY`).
        read.pop(Path(os.path.relpath(__file__)).as_posix(), None)
        Path(capture).with_suffix(READ).write_text(json.dumps(read), "utf-8")


def _uses_set_up(script: Path) -> bool:
    return "snippets.model" in script.read_text(encoding="utf-8")


def _imports_what_is_slow(script: Path) -> bool:
    text = script.read_text(encoding="utf-8")
    return any(name in text for name in ("nnsight", "snippets", "torch", "transformers"))


def main(arguments: list[str]) -> None:
    """Run the scripts that are named and print what each has left behind."""
    if hasattr(os, "nice"):  # a kernel beside them has the longer way to go
        os.nice(BEHIND_KERNELS)
    seconds, at_once, *names = arguments
    scripts = [Path(name) for name in names]
    copies = sys.platform == "linux" and any(map(_imports_what_is_slow, scripts))
    gc.disable()  # which imports a quarter faster
    if copies:
        import nnsight  # noqa: F401
        import torch  # noqa: F401
        import transformers.models.gpt2.tokenization_gpt2
        import transformers.models.gptj.modeling_gptj
        import transformers.pipelines  # noqa: F401

        # A process's first load compiles nine hundred patterns, half of what a short script takes.
        # Where another release keeps them elsewhere, each script compiles them itself.
        with suppress(ImportError):
            from transformers.conversion_mapping import get_checkpoint_conversion_mapping

            get_checkpoint_conversion_mapping("gptj")
    readings = None
    if copies and any(map(_uses_set_up, scripts)):
        readings = Readings(Path.cwd())
        with suppress(Exception):  # each script meets it itself, and says so
            importlib.import_module("snippets.model")
    gc.freeze()  # else each copy would go through all that was imported, and so copy that as well
    gc.enable()
    parent = None if sys.platform == "win32" else 0  # Windows cannot wait for a file
    for number, finished in run_scripts(
        scripts, float(seconds), int(at_once), copies=copies, readings=readings, until=parent
    ):
        # Flushed, since a copy of this process would print once more what still waits in it.
        print(json.dumps([number, asdict(finished)]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
