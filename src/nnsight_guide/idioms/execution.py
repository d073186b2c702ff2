"""Both cells of an idiom, each run after the set-up and in a process of its own.

They run from files, since nnsight reads the source of a `with` block.
"""

import dataclasses
import json
import os
import sys
import tempfile
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from pathlib import Path
from subprocess import PIPE

from nnsight_guide.base.capacity import processors
from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.machine_paths import called, machine_paths
from nnsight_guide.base.own_python import NONE_OF_IT
from nnsight_guide.base.scratch import scratch_folder
from nnsight_guide.idioms.idiom import CELLS, Idiom
from nnsight_guide.idioms.processes import SCRIPT_SECONDS, Finished
from nnsight_guide.idioms.verdicts import Outcome, judge, last_line

# No progress bars, but every warning, whatever the user's own settings are.
SETTINGS = {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "OMP_NUM_THREADS": "1",  # the others have the other processors
    "TQDM_DISABLE": "1",
    "TRANSFORMERS_VERBOSITY": "warning",
}

MOST_BYTES = 1 << 30  # of a line in which the processes tell what a script has written


async def judged(
    idioms: Iterable[Idiom],
    environment: Mapping[str, str],
    root: Path,
    seconds: float = SCRIPT_SECONDS,
    at_once: int | None = None,
) -> AsyncGenerator[tuple[Outcome, dict[str, str]]]:
    """Run both cells of every idiom; yield each outcome as soon as it is known, and what was read.

    `environment` (a profile's) is what the processes get beside the one they inherit; `root` is
    the folder that holds `snippets/`. Each cell may take `seconds`; an old one that takes longer
    has failed. `at_once` processes run side by side, by default as many as there are processors.

    Raises:
        GuideError: today's code of an idiom failed (told when the others are done), or the
            processes could not be started.

    """
    failed: list[GuideError] = []
    async with aclosing(run_cells(idioms, environment, root, seconds, at_once)) as ran:
        async for idiom, then, now in ran:
            try:
                yield judge(idiom.name, then, now, idiom.folder), _both(then.read, now.read)
            except GuideError as error:
                failed.append(error)
    if failed:
        raise failed[0]


async def run_cells(
    idioms: Iterable[Idiom],
    environment: Mapping[str, str],
    root: Path,
    seconds: float = SCRIPT_SECONDS,
    at_once: int | None = None,
) -> AsyncGenerator[tuple[Idiom, Finished, Finished]]:
    """Run both cells of every idiom, and yield what the two left behind; arguments as in `judged`.

    What they wrote names no folder of this machine.

    Raises:
        GuideError: the processes could not be started.

    """
    idioms = list(idioms)
    with scratch_folder() as folder:
        scripts = []
        for idiom in idioms:
            for cell, code in zip(CELLS[idiom.folder], (idiom.then, idiom.now), strict=True):
                script = folder / f"{idiom.name}_{cell}.py"
                script.write_text(f"{idiom.setup}\n\n{code}\n", encoding="utf-8")
                scripts.append(script)
        settings = {
            **os.environ,
            **NONE_OF_IT,
            **environment,
            **SETTINGS,
            "NNSIGHT_CONFIG": str(folder / "config"),
            "IPYTHONDIR": str(folder / "ipython"),  # where it would keep what was typed
        }
        names = {**machine_paths(root), str(folder): ""}
        ended: dict[int, Finished] = {}
        async with aclosing(
            _run_scripts(scripts, settings, root, seconds, at_once or processors())
        ) as ran:
            async for number, finished in ran:
                ended[number] = dataclasses.replace(
                    finished,
                    output=called(finished.output, names),
                    errors=called(finished.errors, names),
                )
                then, now = number & ~1, number | 1  # the two scripts of an idiom are neighbours
                if then in ended and now in ended:
                    yield idioms[then // 2], ended[then], ended[now]


def _both(one: Mapping[str, str], other: Mapping[str, str]) -> dict[str, str]:
    """Return what two processes have read; what was not the same for both is never up to date."""
    differ = {name for name in one.keys() & other.keys() if one[name] != other[name]}
    return {**one, **other, **dict.fromkeys(differ, "changed meanwhile")}


async def _run_scripts(
    scripts: list[Path], environment: dict[str, str], root: Path, seconds: float, at_once: int
) -> AsyncGenerator[tuple[int, Finished]]:
    import asyncio  # here, since `status`, which runs nothing, would wait for it

    module = "nnsight_guide.idioms.processes"
    command = [sys.executable, "-m", module, str(seconds), str(at_once), *map(str, scripts)]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        process = await asyncio.create_subprocess_exec(
            *command,
            env=environment,
            cwd=root,
            stdin=PIPE,  # which ends with this process, and they with it
            stdout=PIPE,
            stderr=errors,
            limit=MOST_BYTES,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            async for line in process.stdout:
                number, fields = json.loads(line)
                yield number, Finished(**fields)
        finally:
            process.stdin.close()
            await process.wait()
        if process.returncode != 0:
            errors.seek(0)
            raise GuideError(f"the idioms could not be run: {last_line(errors.read())}")
