"""Work side by side: as much at once as this machine can, on one line, and with one error."""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

from nnsight_guide.base.capacity import free_bytes, processors
from nnsight_guide.model.profiles import Profile

# Of memory, for each processor: with two of them a kernel, the stand-in with its own, two idioms.
BYTES_EACH = 2_500_000_000
PROCESSORS_EACH_KERNEL = 2  # more are of little use to a model as small as the demo

Work = Callable[[], Coroutine[Any, Any, None]]


def how_many_at_once(profile: Profile) -> int:
    """Return how many processors a build may keep busy: 1 where the model needs all memory."""
    if profile.name != "demo":
        return 1
    return max(min(processors(), free_bytes() // BYTES_EACH), 1)


def kernels_of(at_once: int, snippets: int) -> int:
    """Return how many kernels run these snippets: none for none."""
    return min(max(at_once // PROCESSORS_EACH_KERNEL, 1), snippets)


async def run_all(works: Sequence[Work], at_once: int) -> None:
    """Do all of this work: one after another, or at once if `at_once` is more than 1.

    Raises:
        GuideError: what the first that failed has raised; the others have been stopped.

    """
    if at_once == 1:
        for work in works:
            await work()
        return
    # The stand-in begins last: nothing else goes on until it is there.
    tasks = [asyncio.create_task(work()) for work in reversed(works)]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)  # each puts its own things away
    for task in ended:
        task.result()


class Progress:
    """One bar for all that runs, which names what is at work; it is there inside of its block."""

    def __init__(self, total: int) -> None:
        from tqdm import tqdm

        self._bar = tqdm(total=total, file=sys.stderr)
        self._at_work: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    @contextmanager
    def at_work(self, name: str) -> Iterator[None]:
        """Name this for as long as the block runs."""
        self._at_work.append(name)
        self._bar.set_description(", ".join(self._at_work))
        try:
            yield
        finally:
            self._at_work.remove(name)

    def one_more(self) -> None:
        """Count one that has run."""
        self._bar.update()

    def say(self, line: str) -> None:
        """Write a line above the bar."""
        self._bar.write(line, file=sys.stderr)
