"""The whole site on a GPT-J of the full size: random weights, in a folder that is named.

    make bench-full FOLDER=…

Writes the checkpoint (12.1 GB; one that is complete is taken as it is), builds the site on it in
a copy of the project, edits under `mkdocs serve`, checks the pages, and reports, beside what the
work itself takes without the guide, measured in the same run. The checkpoint is read once before
anything is measured, so that all of it finds the file cache warm.

Two parts of the site run on the demo model by design, whatever the profile: the snippet about
remote execution, and the idioms of 2024. They are in the build, so they are in the floor as well,
each run alone.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import full_size_pages, full_size_report, full_size_serve, tools_mkdocs
from benchmarks.full_size_runs import FIRST, build, first_output, memory, run_floor
from benchmarks.full_size_weights import gpt_j_config, write
from benchmarks.running import environment
from nnsight_guide.model import profiles
from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import Project
from nnsight_guide.model.weights import loaded_bytes, weight_files

ROOT = Path(__file__).parents[1]
CHUNK = 16 * 1024**2


def main(arguments: list[str]) -> int:
    """Write the checkpoint, measure, report; return 1 if a page is wrong or a target is missed."""
    if len(arguments) != 1 or not arguments[0]:
        print(
            "bench-full: name a folder for the 12.1 GB of weights: make bench-full FOLDER=…",
            file=sys.stderr,
        )
        return 2
    folder = Path(arguments[0]).absolute()
    try:
        begin = time.perf_counter()
        written = write(folder, gpt_j_config())
        seconds = round(time.perf_counter() - begin, 1) if written else None
        told = {"seconds to write": seconds, **measure(folder)}
    except GuideError as error:
        print(f"bench-full: {error}", file=sys.stderr)
        return 1
    full_size_report.write(told, ROOT / "benchmarks" / "results")
    print(full_size_report.markdown(told))
    return 0 if not told["faults"] and all(met for *_, met in full_size_report.targets(told)) else 1


def measure(folder: Path) -> dict[str, Any]:
    """Build on the checkpoint in `folder`, in a copy of the project, and return all figures.

    Raises:
        GuideError: a build failed; its last line is told.

    """
    profile = profiles.current({"GUIDE_PROFILE": "local", "GUIDE_MODEL": str(folder)})
    warm = read_through(folder)
    with tempfile.TemporaryDirectory(prefix="nnsight-guide-full-size-") as name:
        copy, log = Path(name) / "guide", Path(name) / "log"
        tool = tools_mkdocs.whole_guide(Project(ROOT), copy)
        tool.variables = {
            "GUIDE_MODEL": profile.environment["GUIDE_MODEL"],
            "GUIDE_PROFILE": "local",
        }
        around = environment(tool, log)
        places = {
            snippet: profiles.place(profile, Project(copy).snippet_path(snippet)).name
            for snippet in Project(copy).snippet_names()
            if snippet != "model"  # its cell is the load
        }
        here = [snippet for snippet, place in places.items() if place == "local"]
        elsewhere = [snippet for snippet, place in places.items() if place != "local"]

        floor = {
            "model": run_floor(copy, around, "model", *here),
            "remote": run_floor(copy, around, "remote", *elsewhere),
            "idioms": run_floor(copy, around, "idioms"),
        }
        first = first_output(copy, around)
        cold = build(tool, log, profile.name)
        faults = full_size_pages.faults(copy / "site", gpt_j_config(), profile.model_id, folder)
        floor["pages"] = build(tool, log, profile.name)
        peaks = memory(tool, log)
        served = full_size_serve.measure(tool, log)
    return {
        "model": profile.model_id,
        "fingerprint": profile.fingerprint,
        "weights": loaded_bytes(folder, weight_files(folder)),
        "seconds to read": warm,
        "device": cold["devices"][FIRST],
        "first output": first,
        "floor": floor,
        "cold": cold,
        "memory": peaks,
        "serve": served,
        "faults": faults,
    }


def read_through(folder: Path) -> float:
    """Read the weights once, which leaves them in the file cache; return the seconds."""
    begin = time.perf_counter()
    for path in weight_files(folder):
        with path.open("rb") as file:
            while file.read(CHUNK):
                pass
    return round(time.perf_counter() - begin, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
