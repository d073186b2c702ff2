"""The small sites that are attacked."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from nnsight_guide import loopback
from nnsight_guide.run.kernel import QUIET
from tests.attacks.truth.small_site import SmallSite


@pytest.fixture(scope="session")
def snippets(root: Path) -> dict[str, str]:
    """The text of each snippet."""
    paths = [path for path in (root / "snippets").glob("*.py") if path.stem != "__init__"]
    return {path.stem: path.read_text(encoding="utf-8") for path in paths}


@pytest.fixture(scope="session")
def sites(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[SmallSite]]:
    """As many small sites as are attacked at once, each in a copy of the checkout."""
    with loopback.start() as service:
        # Two sites share the machine; and a process with more threads could not be copied.
        # A mutant may run for ever.
        build = {**os.environ, "OMP_NUM_THREADS": "1", "GUIDE_CELL_SECONDS": "60"}
        here = {**build, **QUIET, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        there = {"GUIDE_MODEL": service.repo_id, "GUIDE_REMOTE": "1"}
        remote = {**here, **service.environment(), **there}
        environments = {"build": build, "here": here, "second": here, "remote": remote}
        roots = [tmp_path_factory.mktemp("site") / "guide" for _ in range(2)]
        sites = [SmallSite(checkout, root, environments) for root in roots]
        yield sites
        for site in sites:
            site.end()
