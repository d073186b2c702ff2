"""The same sources give the same site, whenever and wherever it is built from nothing."""

from __future__ import annotations

import shutil

from tests.site.reading import contents


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
