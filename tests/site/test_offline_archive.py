"""The zip of the offline site."""

import os
import zipfile

from nnsight_guide.site.offline import pack


def test_all_files_lie_in_one_folder_of_the_archives_name(tmp_path):
    (tmp_path / "built" / "deep").mkdir(parents=True)
    (tmp_path / "built" / "index.html").write_text("<p>")
    (tmp_path / "built" / "deep" / "a.js").write_text("1")
    assert pack(tmp_path / "built", tmp_path / "site-offline.zip") == 2
    with zipfile.ZipFile(tmp_path / "site-offline.zip") as opened:
        assert opened.namelist() == ["site-offline/deep/a.js", "site-offline/index.html"]
        assert opened.read("site-offline/index.html") == b"<p>"


def test_the_same_files_give_the_same_bytes_whenever_they_were_written(tmp_path):
    archives = []
    for day in (1, 2):
        folder = tmp_path / str(day)
        folder.mkdir()
        (folder / "a").write_text("same")
        os.utime(folder / "a", (day * 86400 * 365,) * 2)
        (tmp_path / f"{day}z").mkdir()
        pack(folder, tmp_path / f"{day}z" / "a.zip")
        archives.append((tmp_path / f"{day}z" / "a.zip").read_bytes())
    assert archives[0] == archives[1]
