"""kill -9 of a build, at any moment: the next build is right, and nothing is left over."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.attacks.faults.sites import Site, make_small_site, site_at

pytestmark = [
    pytest.mark.long,
    pytest.mark.real_processes,
    pytest.mark.skipif(os.name != "posix", reason="kill -9"),
]


@dataclass(frozen=True)
class Moment:
    """When a build is killed.

    `stale` are the recordings that are missing when it starts, and so what it runs. The kill falls
    within so many `seconds` after it starts, or after something changes in the folder `after`; if
    no seconds are given, within as many as such a build takes.
    """

    stale: tuple[str, ...]
    after: str = ""
    seconds: float = 0.0


SNIPPETS = ("first.ipynb", "second.ipynb")
REMOTE = ("third.ipynb",)
IDIOMS = ("from_2024/same.json",)
TEMPORARY, RECORDINGS, PAGES = "temporary", "recordings", "pages"

# Of each kind one comes first that has seconds: the build after it tells how long such a one takes.
SMALL = [
    *[Moment(SNIPPETS, after=TEMPORARY, seconds=1.0)] * 3,  # the kernel starts
    *[Moment(SNIPPETS, after=RECORDINGS, seconds=0.001)] * 3,  # a recording is being written
    *[Moment(SNIPPETS)] * 5,
    Moment(REMOTE, after=TEMPORARY, seconds=5.0),  # the service starts, then the kernel
    Moment(REMOTE),
    Moment(IDIOMS, after=TEMPORARY, seconds=2.0),
    *[Moment(IDIOMS)] * 2,
    *[Moment((), after=PAGES, seconds=0.4)] * 6,  # pages are being written
    *[Moment(())] * 3,
]
WHOLE = [
    Moment(("trace_and_save.ipynb",), after=TEMPORARY, seconds=5.0),
    Moment(("trace_and_save.ipynb",)),
    Moment((), after=PAGES, seconds=2.0),
    Moment(()),
]


class Attack:
    """Kills builds of one site, one after another; `harm` tells what went wrong."""

    def __init__(self, site: Site, expected: dict[str, bytes], dice: random.Random) -> None:
        self.site = site
        self.expected = expected
        self.dice = dice
        self.kills = 0
        self.harm: list[str] = []
        self.seconds: dict[tuple[str, ...], float] = {}  # that a build takes, by what is stale

    def run(self, moments: list[Moment]) -> Attack:
        for moment in moments:
            while not self._kill(moment):
                pass  # the build was over before
            self.kills += 1
            orphans = self.site.processes()
            harm = self._half_written()
            begin = time.monotonic()
            if self.site.start().wait(300) != 0:
                harm.append(self.site.said())
            took = time.monotonic() - begin
            self.seconds[moment.stale] = max(took, self.seconds.get(moment.stale, 0.0))
            harm += self._wrong_pages()
            harm += self.site.orphans(orphans)
            self.harm += [f"{moment}: {what}" for what in harm]
        return self

    def _kill(self, moment: Moment) -> bool:
        """Kill a build; say whether it was still running."""
        for name in moment.stale:
            (self.site.recordings / name).unlink(missing_ok=True)
        (self.site.pages / "index.html").unlink(missing_ok=True)  # else there may be nothing to do
        watched = getattr(self.site, moment.after) if moment.after else None
        span = moment.seconds or self.seconds[moment.stale]
        before = watched and watched.stat().st_mtime_ns
        build = self.site.start()
        while watched and watched.stat().st_mtime_ns == before and build.poll() is None:
            time.sleep(0.0002)
        time.sleep(self.dice.uniform(0, span))
        is_running = build.poll() is None
        build.kill()
        build.wait()
        return is_running

    def _wrong_pages(self) -> list[str]:
        """Return the files of the site that differ from what an undisturbed build gives."""
        made = self.site.contents()
        paths = sorted(made.keys() | self.expected.keys())
        return [path for path in paths if made.get(path) != self.expected.get(path)]

    def _half_written(self) -> list[str]:
        """Return the files in the cache that the next build would read, and which are not whole."""
        found = []
        for path in self.site.cached():
            try:
                json.loads(path.read_bytes())
            except ValueError:
                found.append(f"{path} is not whole")
        return found


@pytest.fixture(scope="module")
def seed() -> int:
    """What the moments are drawn from: set GUIDE_TEST_SEED to draw the same again."""
    return int(os.environ.get("GUIDE_TEST_SEED") or time.time())


@pytest.fixture(scope="module")
def attacks(tmp_path_factory, seed) -> list[Attack]:
    """Two sites, attacked at the same time: one after the other they would take twice as long."""
    folder = tmp_path_factory.mktemp("kills")
    first = make_small_site(folder / "first")
    first.build()
    shutil.copytree(first.root, folder / "second")
    second = site_at(folder / "second")
    attacks = [
        Attack(site, first.contents(), random.Random(seed + number))
        for number, site in enumerate((first, second))
    ]
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda attack: attack.run(SMALL), attacks))


def test_after_any_kill_the_next_build_is_right_and_no_process_is_left(attacks, seed, report_count):
    harm = [line for attack in attacks for line in attack.harm]
    kills = sum(attack.kills for attack in attacks)
    report_count(f"{kills} kills of a small site's build, {len(harm)} harmed (seed {seed})")
    assert harm == []
    assert kills == 50


def test_what_killed_builds_have_left_in_temporary_folders_is_removed_by_a_later_one(attacks):
    for attack in attacks:
        site = attack.site
        for name in (*SNIPPETS, *IDIOMS):
            (site.recordings / name).unlink()
        # What the attacks have left may be gone: on a slow machine, that is more than a minute ago.
        build = site.start()
        while not (left := site.scratch()):
            assert build.poll() is None, "it has ended before it could be killed"
        build.kill()
        build.wait()
        assert site.orphans() == []
        assert {*left} & {*site.scratch()}, "the kill has left nothing, so this shows nothing"
        for folder in site.scratch():
            os.utime(folder, (0, 0))  # some time has passed
        site.build()
        assert site.scratch() == []


def test_after_a_kill_of_the_whole_guides_build_the_next_is_right(
    checkout, first_build, folder, seed, report_count
):
    expected = site_at(checkout).contents()
    shutil.copytree(checkout, folder / "guide")
    attack = Attack(site_at(folder / "guide"), expected, random.Random(seed)).run(WHOLE)
    report_count(f"{attack.kills} kills of the whole guide's build, {len(attack.harm)} harmed")
    assert attack.harm == []
