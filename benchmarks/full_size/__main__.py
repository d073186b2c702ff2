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

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.full_size import pages, report, serve
from benchmarks.full_size.runs import FIRST, build_and_read, first_output, peak_memory
from benchmarks.full_size.weights import gpt_j_config, write
from benchmarks.shared import results
from benchmarks.shared.floor import floors
from benchmarks.shared.guide import whole_guide
from nnsight_guide.base.errors import GuideError
from nnsight_guide.model import profiles
from nnsight_guide.model.preflight import loaded_bytes, weight_files

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
        figures = {"seconds to write": seconds, **measure(folder)}
    except GuideError as error:
        print(f"bench-full: {error}", file=sys.stderr)
        return 1
    results.publish("full_size", figures, report.markdown)
    return 0 if all(target.is_met for target in report.targets(figures)) else 1


def measure(folder: Path) -> dict[str, Any]:
    """Build on the checkpoint in `folder`, in a copy of the project, and return all figures.

    Raises:
        GuideError: a build failed; the end of what it printed is in the text.

    """
    profile = profiles.current({"GUIDE_PROFILE": "local", "GUIDE_MODEL": str(folder)})
    warm = read_through(folder)
    with tempfile.TemporaryDirectory(prefix="nnsight-guide-full-size-") as name:
        log = Path(name) / "log"
        tool = whole_guide(Path(name) / "guide")
        tool.variables = {
            "GUIDE_MODEL": profile.environment["GUIDE_MODEL"],
            "GUIDE_PROFILE": "local",
        }
        floor = floors(tool, profile, log)
        first = first_output(tool, log)
        cold = build_and_read(tool, log)
        faults = pages.faults(tool.html, gpt_j_config(), profile.model_id, folder)
        floor["pages"] = build_and_read(tool, log)
        peaks = peak_memory(tool, log)
        under_serve = serve.measure(tool, log)
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
        "serve": under_serve,
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
