"""A throw-away environment with the newest releases, and a copy of the checkout to run in it."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import Project
from nnsight_guide.canary.observation import Observation
from nnsight_guide.idioms.verdicts import last_line

NAME = re.compile(r"[A-Za-z0-9._-]+(\[[^]]*\])?")
COPIED = ("docs", "snippets", "src", "tests")
FILES = ("mkdocs.yml", "pyproject.toml", "requirements.lock", "README.md", "LICENSE")


def required(pyproject: Path) -> list[str]:
    """Return the name (with extras) of every package that the guide asks for, without versions.

    Everything that `requirements.lock` pins is one of these or is brought by one of them.
    """
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    asked = chain(project["dependencies"], *project["optional-dependencies"].values())
    return sorted({found[0] for line in asked if (found := NAME.match(line))})


class Environment:
    """A virtual environment in `folder`, into which packages are installed."""

    def __init__(self, folder: Path, held: Sequence[str] = ()) -> None:
        """Make it; `held` are requirements that nothing is to go beyond (`torch==2.13.0`)."""
        self.python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
        self.constraints = folder / "held.txt"
        venv.create(folder, with_pip=True)
        self.constraints.write_text("".join(f"{line}\n" for line in held), encoding="utf-8")

    def install(self, requirements: Iterable[str]) -> None:
        """Install packages, the newest releases that fit.

        Raises:
            GuideError: they cannot be installed.

        """
        self._pip("install", "--upgrade", "-c", str(self.constraints), *requirements)

    def freeze(self) -> list[str]:
        """Return what is installed, as requirements."""
        return self._pip("freeze").split()

    def restore(self, frozen: Iterable[str]) -> None:
        """Put back what `freeze` has returned; raises as `install`."""
        self._pip("install", "--no-deps", *frozen)

    def _pip(self, *arguments: str) -> str:
        done = subprocess.run(  # noqa: S603 - the command is our own
            [str(self.python), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise GuideError(f"the canary could not install: {last_line(done.stderr)}")
        return done.stdout


def copy(project: Project, to: Path) -> Project:
    """Copy what is run of a checkout: what it records and caches is then nobody's."""
    ignore = shutil.ignore_patterns("__pycache__")
    for name in COPIED:
        shutil.copytree(project.root / name, to / name, ignore=ignore)
    for name in FILES:
        shutil.copy(project.root / name, to / name)
    return Project(to)


def observe_in(python: Path, checkout: Project) -> Observation:
    """Return what the environment of this Python makes of a copy of the checkout.

    Raises:
        GuideError: it could not be observed.

    """
    seen = checkout.root / "observation.json"
    module = "nnsight_guide.canary.observation"
    done = subprocess.run(  # noqa: S603 - the command is our own
        [str(python), "-m", module, str(seen)],
        cwd=checkout.root,
        # The copy's own sources, and not those of an installation.
        env={**os.environ, "PYTHONPATH": str(checkout.root / "src")},
        stdout=sys.stderr,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise GuideError(f"the canary could not observe: {last_line(done.stderr)}")
    return Observation(**json.loads(seen.read_text(encoding="utf-8")))
