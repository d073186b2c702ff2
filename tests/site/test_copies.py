"""The preview links a file that is as it was, and copies each other one."""

import os
from pathlib import Path

import pytest
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from nnsight_guide.site import copies
from nnsight_guide.site.copies import Copies


@pytest.fixture(autouse=True)
def everything_is_old(monkeypatch):
    monkeypatch.setattr(copies, "COARSEST_CLOCK", 0)


class Builds:
    """Builds of a site with one picture and one file that is made, each in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.copies, self.number = folder, Copies(), 0
        self.picture = folder / "docs" / "picture.svg"
        self.picture.parent.mkdir()
        self.picture.write_text("<svg/>")
        self.made = "made"

    def build(self, *, goes_well: bool = True) -> Path:
        self.number += 1
        site = self.folder / str(self.number)
        config = MkDocsConfig()
        config.load_dict({"site_name": "A", "site_dir": str(site), "plugins": []})
        config.validate()
        config.plugins._current_plugin = "nnsight-guide"
        docs = str(self.picture.parent)
        files = Files(
            [
                File("picture.svg", docs, str(site), use_directory_urls=True),
                File.generated(config, "downloads/made.py", content=self.made),
            ]
        )
        self.copies.share(files)
        files.copy_static_files()
        if goes_well:
            self.copies.keep()
        return site


@pytest.fixture
def builds(tmp_path) -> Builds:
    return Builds(tmp_path)


def are_one(name: str, *sites: Path) -> bool:
    return len({(site / name).stat().st_ino for site in sites}) == 1


def test_what_is_as_it_was_is_linked(builds):
    first, second, third = builds.build(), builds.build(), builds.build()
    assert are_one("picture.svg", first, second, third)
    assert are_one("downloads/made.py", first, second, third)


def edit(builds: Builds) -> None:
    builds.picture.write_text("<svg />")


def edit_and_keep_its_time(builds: Builds) -> None:
    times = builds.picture.stat().st_atime_ns, builds.picture.stat().st_mtime_ns
    builds.picture.write_text("<svG/>")
    os.utime(builds.picture, ns=times)


def replace(builds: Builds) -> None:
    other = builds.picture.with_suffix(".new")
    other.write_text("<g/>")
    other.replace(builds.picture)


@pytest.mark.parametrize("change", [edit, edit_and_keep_its_time, replace])
def test_what_was_edited_is_copied_and_leaves_the_site_before_as_it_was(builds, change):
    first = builds.build()
    change(builds)
    second = builds.build()
    assert (second / "picture.svg").read_text() == builds.picture.read_text()
    assert (first / "picture.svg").read_text() == "<svg/>"


def test_what_is_made_otherwise_is_written(builds):
    first = builds.build()
    builds.made = "other"
    second = builds.build()
    assert [(site / "downloads/made.py").read_text() for site in (first, second)] == [
        "made",
        "other",
    ]


def test_what_somebody_has_written_to_since_is_copied_again(builds):
    first = builds.build()
    (first / "picture.svg").write_text("<svg/><!-- by a plugin -->")
    assert (builds.build() / "picture.svg").read_text() == "<svg/>"


def test_a_file_that_is_there_already_is_not_written_into(builds):
    first = builds.build()
    place = builds.folder / "2" / "picture.svg"
    place.parent.mkdir()
    place.hardlink_to(first / "picture.svg")
    edit(builds)
    builds.build()
    assert (first / "picture.svg").read_text() == "<svg/>"


def test_a_folder_of_the_same_name_stays(builds):
    (builds.folder / "1" / "picture.svg").mkdir(parents=True)
    inside = Path("picture.svg", "picture.svg")
    assert (builds.build() / inside).read_text() == "<svg/>"


def test_what_a_build_that_broke_has_copied_is_not_relied_on(builds):
    first = builds.build()
    edit(builds)
    (builds.build(goes_well=False) / "picture.svg").unlink()
    assert (builds.build() / "picture.svg").read_text() == "<svg />"
    assert (first / "picture.svg").read_text() == "<svg/>"


def test_what_is_gone_is_copied(builds):
    (builds.build() / "picture.svg").unlink()
    assert (builds.build() / "picture.svg").read_text() == "<svg/>"


def test_where_links_cannot_be_made_it_is_copied(builds, monkeypatch):
    def refuse(*_):
        raise OSError("no links here")

    first = builds.build()
    monkeypatch.setattr(Path, "hardlink_to", refuse)
    second = builds.build()
    assert (second / "picture.svg").read_text() == "<svg/>"
    assert not are_one("picture.svg", first, second)


def test_what_has_just_changed_may_change_again_and_keep_its_time(builds, monkeypatch):
    monkeypatch.setattr(copies, "COARSEST_CLOCK", 10**12)
    first = builds.build()
    assert not are_one("picture.svg", first, builds.build())
