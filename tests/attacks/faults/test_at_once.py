"""Two builds and a preview of one checkout at the same time, with an empty cache."""

import re

import pytest
from filelock import FileLock

from tests.attacks.faults.serving import LOG, served
from tests.attacks.faults.sites import make_small_site
from tests.support.pages import contents

pytestmark = [pytest.mark.long, pytest.mark.real_processes]

BUILD = ("build", "--strict", "--site-dir")
DONE = re.compile(r"(\d+) of 4 snippets run, \d+ cells executed; (\d+) of 1 idioms run")


def test_two_builds_and_a_preview_at_once_are_all_right_and_run_each_cell_once(folder):
    site = make_small_site(folder / "site")
    sites = [folder / "one", folder / "two"]
    with served(site) as preview:
        builds = [
            site.start(*BUILD, str(to), program=("-m", "mkdocs"), log=f"{to.name}.log")
            for to in sites
        ]
        for build, to in zip(builds, sites, strict=True):
            assert build.wait(300) == 0, site.said(f"{to.name}.log")
        preview.wait_for("6342", "chapters/first")
        preview.wait_for("6342", "chapters/third")

    logs = [site.said(name) for name in ("one.log", "two.log", LOG)]
    ran = [tuple(map(int, DONE.search(said).groups())) for said in logs]
    assert [sum(counts) for counts in zip(*ran, strict=True)] == [4, 1]
    assert sum("another build is running" in said for said in logs) >= 2

    site.build()
    assert contents(sites[0]) == contents(sites[1]) == site.contents()
    assert site.orphans() == []
    assert site.scratch() == []
    with FileLock(site.project.cache / "lock", blocking=False):
        pass
