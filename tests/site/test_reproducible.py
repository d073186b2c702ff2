"""The same sources give the same site, whenever and wherever it is built from nothing."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

# What a page says of the time of its making.
DATES = re.compile(rb"\d{4}-\d\d-\d\d")
# The time of the build is in its head.
COMPRESSED = ".gz"


def contents(site: Path) -> dict[str, bytes]:
    return {
        path.relative_to(site).as_posix(): DATES.sub(b"DATE", path.read_bytes())
        for path in site.rglob("*")
        if path.is_file() and path.suffix != COMPRESSED
    }


def test_two_builds_from_nothing_in_different_folders_are_equal(
    build, checkout, first_build, tmp_path
):
    """Every file, byte for byte; only the dates may differ."""
    elsewhere = tmp_path / "another" / "place"
    shutil.copytree(checkout, elsewhere, ignore=shutil.ignore_patterns("site", ".cache"))
    build(elsewhere)
    first, second = contents(checkout / "site"), contents(elsewhere / "site")
    assert first.keys() == second.keys()
    different = [path for path in first if first[path] != second[path]]
    assert different == []
    assert len(first) > 20
