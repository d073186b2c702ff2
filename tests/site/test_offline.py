"""`make offline`, with the very environment that it sets: a site that is read from a folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile


def test_the_offline_site_builds_and_is_packed_whole(root, checkout, first_build, tmp_path):
    recipe = re.search(r"^offline:.*\n((?:\t.*\n)+)", (root / "Makefile").read_text(), re.MULTILINE)
    site, archive = tmp_path / "site", tmp_path / "site.zip"
    for line in recipe[1].splitlines():
        command = line.strip().replace("$(BIN)/mkdocs", f"{sys.executable} -m mkdocs")
        command = command.replace("$(BIN)/python", sys.executable)
        command = command.replace(".cache/nnsight-guide-offline", str(site))
        subprocess.run(
            command.replace("site-offline.zip", str(archive)),
            shell=True,
            cwd=checkout,
            env={**os.environ, "PYTHONPATH": str(checkout / "src")},
            check=True,
            timeout=600,
        )
    with zipfile.ZipFile(archive) as packed:
        names = [name.split("/", 1)[-1] for name in packed.namelist()]
    assert {"index.html", "chapters/tokenizers.html", "search/search_index.js"} <= set(names)
