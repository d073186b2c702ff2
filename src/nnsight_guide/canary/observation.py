"""What the libraries that are installed make of the guide: `python -m … observation FILE`.

It runs in the environment that is observed, in a checkout of the guide, and writes what it saw to
a file of JSON: both cells of every idiom of 2024 and every error, and every test of the snippets.
"""

import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from xml.etree import ElementTree

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.libraries import installed_versions
from nnsight_guide.base.machine_paths import called, machine_paths
from nnsight_guide.base.project import Project
from nnsight_guide.idioms.execution import run_cells
from nnsight_guide.idioms.idiom import Idiom, idiom_paths, read_idiom
from nnsight_guide.idioms.processes import Finished
from nnsight_guide.idioms.verdicts import RIGHT, judge, last_line
from nnsight_guide.model import profiles

TESTS = "tests/snippets"


@dataclass(frozen=True)
class Observation:
    """What was seen with one set of versions.

    Attributes:
        versions: of Python and of each library.
        idioms: of each idiom and error, what became of its two codes, in a few words.
        tests: of each test of the snippets, "passes" or why not.

    """

    versions: Mapping[str, str]
    idioms: Mapping[str, str]
    tests: Mapping[str, str]


def observe(project: Project) -> Observation:
    """Run the idioms and the tests of a checkout, always on the demo model.

    Raises:
        GuideError: they could not be run at all.

    """
    versions = {"Python": platform.python_version(), **installed_versions()}
    return Observation(
        # A local build's mark (+cpu) is nobody else's version.
        versions={name: number.partition("+")[0] for name, number in versions.items()},
        idioms=asyncio.run(_idioms(project)),
        tests=_tests(project),
    )


async def _idioms(project: Project) -> dict[str, str]:
    demo = profiles.current({})
    found = [read_idiom(path) for path in idiom_paths(project).values()]
    ran = run_cells(found, demo.environment, project.root)
    words = {idiom.name: in_words(idiom, then, now) async for idiom, then, now in ran}
    return dict(sorted(words.items()))


def in_words(idiom: Idiom, then: Finished, now: Finished) -> str:
    """Return what became of an idiom, in one line: the old code's verdict, and both outputs."""
    try:
        outcome = judge(idiom.name, then, now, idiom.folder)
    except GuideError:
        why = last_line(now.errors) or f"exit code {now.exit_code}"
        return f"{RIGHT[idiom.folder]} fails: {why}"
    words = str(outcome.verdict)
    if outcome.message:
        words += f": {outcome.message}"
    if outcome.verdict == "differs":
        words += f"; then prints {_line(outcome.then_output)}"
    return f"{words}; now prints {_line(outcome.now_output)}"


def _line(text: str) -> str:
    return " ".join(text.split()) or "nothing"


def _tests(project: Project) -> dict[str, str]:
    with tempfile.TemporaryDirectory(prefix="nnsight-guide-") as folder:
        report = Path(folder) / "report.xml"
        done = subprocess.run(  # noqa: S603 - the command is our own
            [
                *(sys.executable, "-m", "pytest", TESTS, "--quiet", "-p", "no:cacheprovider"),
                *("--continue-on-collection-errors", f"--junitxml={report}"),
            ],
            cwd=project.root,
            # What somebody wants of pytest here, the one of another environment may not know.
            env={name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"},
            capture_output=True,
            text=True,
            check=False,
        )
        if not report.is_file():
            raise GuideError(f"{TESTS} could not be run: {last_line(done.stdout + done.stderr)}")
        seen = results(report.read_text(encoding="utf-8"))
    if not seen:
        raise GuideError(f"{TESTS} holds no test")
    return seen


def results(report: str) -> dict[str, str]:
    """Return what a report of pytest (JUnit's XML) says of each test: "passes", or why not.

    A module that cannot be imported has one entry, under its own name.
    """
    words = {}
    for case in ElementTree.fromstring(report).iter("testcase"):  # noqa: S314 - pytest wrote it
        module = (case.get("classname") or "").rpartition(".")[2]
        name = str(case.get("name"))
        faults = [found for found in case if found.tag in ("failure", "error", "skipped")]
        name = f"{module}::{name}" if module else name.rpartition(".")[2]
        words[name] = _why(faults[0]) if faults else "passes"
    return dict(sorted(words.items()))


def _why(fault: ElementTree.Element) -> str:
    """Return the line that names what went wrong, without the words that pytest puts before it."""
    message = fault.get("message") or ""
    if message == "collection failure":
        raised = [line[1:].strip() for line in (fault.text or "").splitlines() if line[:2] == "E "]
        message = raised[-1] if raised else message
    message = message.removeprefix('failed on setup with "').removesuffix('"')
    line, _, _ = called(message.strip(), machine_paths(Path.cwd())).partition("\n")
    return f"{fault.tag}: {line}"


def main(arguments: list[str]) -> None:
    """Observe the checkout in the current folder, and write what was seen to the named file."""
    (target,) = arguments
    seen = asdict(observe(Project.find()))
    Path(target).write_text(json.dumps(seen), encoding="utf-8")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except GuideError as error:
        sys.exit(str(error))
