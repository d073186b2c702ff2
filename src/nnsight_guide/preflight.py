"""What a profile needs, asked before any work: each thing that is missing is one line.

For `remote`, the service is asked for the key, the live models and its versions; for `local`,
the weights and the memory for them are looked at. A build in which nothing is stale asks nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.metadata import requires

from nnsight_guide import keys, ndif, weights
from nnsight_guide.errors import GuideError
from nnsight_guide.profiles import Profile, local_folder


def check_libraries() -> None:
    """Check that the libraries that are installed are known to go together.

    Raises:
        GuideError: one of them is missing, or of a version that the guide does not run with.

    """
    from packaging.requirements import Requirement

    installed = keys.library_versions()
    for needed in map(Requirement, requires("nnsight-guide") or []):
        version = installed.get(needed.name, "")
        if version and not needed.specifier.contains(version, prereleases=True):
            others = ", ".join(f"{name} {installed[name]}" for name in installed)
            raise GuideError(
                f"{needed.name} {version} does not go together with the rest ({others}): the guide "
                f"needs {needed}; `make install` brings it"
            )


def check(profile: Profile, environ: Mapping[str, str] = os.environ) -> None:
    """Check that the snippets can run on `profile`; the demo model always can.

    Raises:
        GuideError: something is missing; the text says what, and what to do.

    """
    if profile.is_remote:
        ndif.check(profile.model_id, environ)
    elif profile.name == "local":
        weights.check(profile.folder or local_folder(profile.model_id), profile.model_id)
