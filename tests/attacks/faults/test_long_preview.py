"""An author's long day: hundreds of edits under one `mkdocs serve`."""

import psutil
import pytest

from tests.attacks.faults.serving import served
from tests.attacks.faults.sites import make_small_site

pytestmark = [pytest.mark.long, pytest.mark.real_processes]

EDITS = 500
WARM = 50  # edits after which nothing new is imported or cached
GROWTH = 0.05


def memory(process: psutil.Process) -> int:
    """Return what is resident: how much of it is shared depends on what else runs."""
    return int(process.memory_info().rss)


def test_memory_stays_flat_and_the_kernel_the_same_for_500_edits(folder, report_count):
    site = make_small_site(folder / "site")
    chapter, snippet = site.root / "docs/chapters/first.md", site.project.snippet_path("first")
    prose, code = chapter.read_text(), snippet.read_text()
    with served(site) as server:
        server.wait_for("6342", "chapters/first")
        (kernel,) = server.kernels()
        processes = {"mkdocs serve": psutil.Process(server.process.pid), "kernel": kernel}
        for number in range(1, EDITS + 1):
            words = f"Edit {number:03}"
            if number % 2:
                chapter.write_text(f"{prose}\n{words}\n")
            else:
                snippet.write_text(f'{code}print("{words}")\n')
            server.wait_for(words, "chapters/first")
            if number % WARM == 0:
                assert server.kernels() == [kernel]
            if number == WARM:
                warm = {name: memory(process) for name, process in processes.items()}
        growth = {name: memory(process) / warm[name] - 1 for name, process in processes.items()}

    told = ", ".join(f"{name} {share:+.1%}" for name, share in growth.items())
    report_count(f"{EDITS} edits, one kernel, memory after the first {WARM}: {told}")
    assert max(growth.values()) <= GROWTH, told
    assert site.orphans() == []
    assert site.scratch() == []
