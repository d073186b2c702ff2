"""What remote execution costs: requests, bytes and seconds of each snippet.

    make bench-remote

All snippets run with the profile `remote`, in one kernel, as in a build; the service is the
loopback stand-in on the demo model. All that passes between them passes through a proxy that
counts it, once as it is and once with latency: each byte comes 50 ms later, in either direction,
so a question and its answer take 100 ms more, and so does the opening of a connection. The
service is also the hub from which config and tokenizer come; that is counted by itself.
"""

import os
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.remote import report
from benchmarks.remote.cells import result_bytes
from benchmarks.remote.proxy import Proxy
from benchmarks.shared import results
from nnsight_guide import loopback
from nnsight_guide.base.project import Project
from nnsight_guide.model import profiles
from nnsight_guide.run.plan import Plan
from nnsight_guide.run.runner import Runner
from tests.support.paths import ROOT
from tests.support.sites import copy_checkout

LATENCY = 0.05  # seconds, each way


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
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="nnsight-guide-remote-") as name:
        copy = Project(copy_checkout(Path(name) / "guide"))
        with patch.dict(os.environ, variables), closing(Runner(copy)) as runner:
            profile = profiles.current()
            # The set-up comes first: its kernel, its load and its questions are everybody's.
            for snippet in sorted(copy.snippet_names(), key=lambda name: name != "model"):
                before = [proxy.traffic() for proxy in (ndif, hub)]
                begin = time.perf_counter()
                if runner.run_stale(Plan(copy, profile, [snippet])).snippets != [snippet]:
                    raise RuntimeError(f"{snippet} did not run")
                seconds = round(time.perf_counter() - begin, 2)
                figures[snippet] = {
                    "ndif": ndif.traffic(since=before[0]),
                    "hub": hub.traffic(since=before[1]),
                    "seconds": seconds,
                }
    return figures


if __name__ == "__main__":
    results.publish("remote", measure(), report.markdown)
