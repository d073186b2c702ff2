"""What remote execution costs: requests, bytes and seconds of each snippet.

    make bench-remote

All snippets run with the profile `remote`, in one kernel, as in a build; the service is the
loopback stand-in on the demo model. All that passes between them passes through a proxy that
counts it, once as it is and once with latency: each byte comes 50 ms later, in either direction,
so a question and its answer take 100 ms more, and so does the opening of a connection. The
service is also the hub from which config and tokenizer come; that is counted by itself.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.remote_cells import result_bytes
from benchmarks.remote_proxy import Proxy, Traffic
from nnsight_guide import loopback
from nnsight_guide.model import profiles
from nnsight_guide.base.project import Project
from nnsight_guide.run.runner import Runner

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).with_name("results")
LEFT_OUT = shutil.ignore_patterns(".venv", ".cache", ".git", "site", ".*_cache", "__pycache__")
LATENCY = 0.05  # seconds, each way


def main() -> int:
    """Measure and report."""
    told = measure()
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "remote.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    text = markdown(told)
    (RESULTS / "remote.md").write_text(text, encoding="utf-8")
    print(text)
    return 0


def measure() -> dict[str, Any]:
    """Run all snippets without latency and with it; return the figures."""
    runs = {}
    for delay in (0.0, LATENCY):
        with (
            loopback.start() as service,
            Proxy(service.url, delay) as ndif,
            Proxy(service.url, delay) as hub,
        ):
            runs[f"{delay * 1000:g} ms"] = run_all(service, ndif, hub)
    with loopback.start() as service:
        sizes = result_bytes(ROOT, service)
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        "latency each way in ms": LATENCY * 1000,
        "runs": runs,
        "results": [
            {"snippet": snippet, "cell": cell, "bytes": jobs}
            for (snippet, cell), jobs in sizes.items()
        ],
    }


def run_all(service: loopback.Service, ndif: Proxy, hub: Proxy) -> dict[str, Any]:
    """Run every snippet through the proxies, in a copy of the project; return what each took."""
    variables = {
        **service.environment(),
        "NDIF_HOST": ndif.url,
        "HF_ENDPOINT": hub.url,
        "GUIDE_PROFILE": "remote",
        "GUIDE_MODEL": service.repo_id,
    }
    told: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="nnsight-guide-remote-") as name:
        copy = Path(name) / "guide"
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
        with environment(variables):
            profile, runner = profiles.current(), Runner(Project(copy))
            try:
                # The set-up comes first: its kernel, its load and its questions are everybody's.
                names = Project(copy).snippet_names()
                for snippet in sorted(names, key=lambda name: name != "model"):
                    before = [proxy.traffic() for proxy in (ndif, hub)]
                    begin = time.perf_counter()
                    if runner.run_stale(profile, [snippet]) != [snippet]:
                        raise RuntimeError(f"{snippet} did not run")
                    seconds = round(time.perf_counter() - begin, 2)
                    told[snippet] = {
                        "ndif": asdict(ndif.traffic().since(before[0])),
                        "hub": asdict(hub.traffic().since(before[1])),
                        "seconds": seconds,
                    }
            finally:
                runner.close()
    return told


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables of this process's environment for a block."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def markdown(told: Mapping[str, Any]) -> str:
    """Return the figures as tables."""
    plain, late = told["runs"].values()
    rows = [
        "| snippet | requests | bytes up | bytes down | seconds | with latency |",
        "|---|--:|--:|--:|--:|--:|",
        *(_row(name, row, late[name]["seconds"]) for name, row in plain.items()),
    ]
    total = {
        place: {what: sum(row[place][what] for row in plain.values()) for what in asdict(Traffic())}
        for place in ("ndif", "hub")
    }
    seconds = [sum(row["seconds"] for row in run.values()) for run in (plain, late)]
    rows.append(_row("**all**", {**total, "seconds": seconds[0]}, seconds[1]))
    hub = [
        "| beside it, of the Hugging Face hub | requests | bytes down |",
        "|---|--:|--:|",
        *(
            f"| {name} | {row['hub']['requests']} | {row['hub']['down']:,} |"
            for name, row in {**plain, "**all**": total}.items()
            if row["hub"]["requests"]
        ),
    ]
    results = ["| snippet | cell | results of its jobs, bytes |", "|---|---|---|"] + [
        f"| {row['snippet']} | {row['cell'] or '(imports)'} | {', '.join(map(str, row['bytes']))} |"
        for row in told["results"]
    ]
    return "\n".join(
        [
            "## Remote execution",
            "",
            f"{told['date']}, {told['machine']}; the loopback stand-in on the demo model, latency "
            f"{told['latency each way in ms']:g} ms each way. `model` is the start: the check of "
            "the service, the kernel, config and tokenizer. Requests and bytes are those of the "
            "run without latency, headers and frames included; more latency may add requests "
            "from code that polls.",
            "",
            *rows,
            "",
            *hub,
            "",
            "The results alone, compressed as they travel:",
            "",
            *results,
            "",
        ]
    )


def _row(name: str, row: Mapping[str, Any], late: float) -> str:
    ndif = row["ndif"]
    return (
        f"| {name} | {ndif['requests']} | {ndif['up']:,} | {ndif['down']:,} "
        f"| {row['seconds']:.2f} | {late:.2f} |"
    )


if __name__ == "__main__":
    sys.exit(main())
