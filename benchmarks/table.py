"""The figures of `make bench` as Markdown and JSON, with the targets beside them."""

from __future__ import annotations

import datetime
import json
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import psutil

from benchmarks.measuring import COLD, NOTHING, ONE_SHOT, PAGES_AGAIN, PROSE, SNIPPET

WHOLE, WHOLE_PAGES = "the guide, whole site", "pages only, whole site"
GUIDE, PAGES = "the guide", "pages only"
SLACK = 1.15
MEMORY_SLACK = 1.3
SERVE_SECONDS = 0.7
IMPORT_SECONDS = 0.030
STATUS_SECONDS = 0.5


class Target(NamedTuple):
    """What was promised, the bound, the figure, and whether it holds."""

    what: str
    may: str
    was: str
    met: bool


def targets(told: Mapping[str, Any]) -> Iterator[Target]:
    """Yield each target with what came of it."""
    cases, floors = told["cases"], told["floors"]
    pages = cases[NOTHING][WHOLE_PAGES]["seconds"]
    edited = floors["the cells of the edited snippet"]
    cold_pages = cases[COLD][WHOLE_PAGES]["seconds"]
    work = [seconds for seconds in floors.values() if seconds is not edited]
    serve, serve_pages = told["serve"][WHOLE], told["serve"][WHOLE_PAGES]
    page = median(serve_pages["prose"])
    yield _ratio("nothing changed ÷ pages only", cases[NOTHING][WHOLE]["seconds"], pages)
    yield _ratio(
        "nothing changed, every page again ÷ pages only",
        cases[PAGES_AGAIN][WHOLE]["seconds"],
        pages,
    )
    yield _peers("nothing changed, against the executing peers", cases[NOTHING])
    for case in (NOTHING, PAGES_AGAIN):
        yield _none(f"{case}: cells executed", cases[case][WHOLE]["cells"])
    torch = any(cases[case][WHOLE]["torch in the build"] for case in ONE_SHOT)
    yield Target("torch imported by a build", "no", "yes" if torch else "no", not torch)
    peak = told["memory"][WHOLE] / told["memory"][WHOLE_PAGES]
    yield Target(
        "peak memory, every page again ÷ pages only",
        f"≤ {MEMORY_SLACK}",
        f"{peak:.2f}",
        peak <= MEMORY_SLACK,
    )
    edited_pages = cases[PROSE][WHOLE_PAGES]["seconds"]
    yield _ratio("prose edit ÷ pages only", cases[PROSE][WHOLE]["seconds"], edited_pages)
    yield _none("prose edit: cells executed", cases[PROSE][WHOLE]["cells"])
    yield _ratio("prose edit under `serve` ÷ pages only", [median(serve["prose"])], [page])
    seconds = median(serve["snippet"])
    yield Target(
        "snippet edit under `serve`, after the first",
        f"≤ {page + SERVE_SECONDS:.2f} s",
        f"{seconds:.2f} s",
        seconds <= page + SERVE_SECONDS,
    )
    yield _none("snippet edit under `serve`: loads of the model", serve["snippet loads"])
    ran = [name for name in serve["snippets run"] if name != "model"]
    yield Target("snippet edit under `serve`: snippets run", "1", str(len(ran)), len(ran) == 1)
    yield _ratio(
        "snippet edit ÷ (pages only + import + load + its cells)",
        cases[SNIPPET][WHOLE]["seconds"],
        _sums(pages, edited),
    )
    yield _ratio(
        "cold ÷ (pages only + import + load + all cells once)",
        cases[COLD][WHOLE]["seconds"],
        _sums(cold_pages, *work),
    )
    yield _peers("cold, against the executing peers", cases[COLD])
    alone = told["import"]
    yield Target(
        "import of `nnsight_guide` alone; no torch, no Jupyter",
        f"≤ {1000 * IMPORT_SECONDS:.0f} ms",
        f"{1000 * alone['seconds']:.1f} ms",
        alone["seconds"] <= IMPORT_SECONDS and not alone["heavy modules"],
    )
    scale = told["scale"]
    yield _ratio(
        f"{scale['sizes'][-1]} chapters, nothing changed ÷ pages only",
        scale["nothing changed"][-1],
        scale["pages only"][-1],
    )
    growth = scale["growth"]
    yield Target(
        "second half of the chapters ÷ first half, and that ÷ the same of pages only",
        f"≤ {SLACK}",
        f"{growth:.2f}",
        growth <= SLACK,
    )
    yield Target(
        f"`status` at {scale['sizes'][-1]} chapters",
        f"≤ {STATUS_SECONDS} s",
        f"{scale['status']:.2f} s",
        scale["status"] <= STATUS_SECONDS,
    )


def markdown(told: Mapping[str, Any]) -> str:
    """Return the figures as tables."""
    return "\n".join(
        [
            "## Beside other tools",
            "",
            f"{told['date']}, {told['machine']}, {told['python']}. Medians of "
            f"{told['rounds']} rounds, in seconds; all tools in turn, in one run, on the demo "
            f"model. The four chapters have {told['lines']} lines of output, and every tool's "
            "pages were found to show each of them. Where nothing changed, `make site` leaves the "
            "site alone, as Sphinx does; *every page again* is `mkdocs build`, which never does. "
            "Peak memory is that of the latter. A target's *pages only* is that of the same case, "
            "where there is one; a ratio is the median of what it was in each round.",
            "",
            "| target | may be | was | met |",
            "|---|---|---|---|",
            *(
                f"| {t.what} | {t.may} | {t.was} | {'yes' if t.met else '**no**'} |"
                for t in targets(told)
            ),
            "",
            *_one_shot(told),
            "",
            *_counted(told),
            "",
            *_serve(told),
            "",
            "| the work of the whole site without MkDocs, each in a process of its own | seconds |",
            "|---|--:|",
            *(f"| {name} | {median(seconds):.2f} |" for name, seconds in told["floors"].items()),
            "",
            *_scale(told["scale"]),
            "",
        ]
    )


def _one_shot(told: Mapping[str, Any]) -> Iterator[str]:
    yield f"| one-shot build | {' | '.join(ONE_SHOT)} |"
    yield "|---|" + "--:|" * len(ONE_SHOT)
    for name in told["cases"][COLD]:
        base = WHOLE_PAGES if "whole" in name else PAGES
        shown = []
        for case in ONE_SHOT:
            found = told["cases"][case].get(name)
            ratio = found and found["median"] / told["cases"][NOTHING][base]["median"]
            shown.append(f"{found['median']:.2f} (×{ratio:.2f})" if found else "–")
        yield f"| {name} | {' | '.join(shown)} |"


def _counted(told: Mapping[str, Any]) -> Iterator[str]:
    yield "| one-shot build | cells, loads: cold | cells, loads: snippet edit | peak MB |"
    yield "|---|--:|--:|--:|"
    for name, cold in told["cases"][COLD].items():
        edited = told["cases"][SNIPPET].get(name)
        megabytes = told["memory"][name] / 1e6
        yield f"| {name} | {_counts(cold)} | {_counts(edited)} | {megabytes:.0f} |"


def _serve(told: Mapping[str, Any]) -> Iterator[str]:
    yield "| under `serve`, saved → served | prose | first snippet edit | later | cells | loads |"
    yield "|---|--:|--:|--:|--:|--:|"
    for name, found in told["serve"].items():
        first = f"{found['first']:.2f}" if found["first"] else "–"
        later = f"{median(found['snippet']):.2f}" if found["snippet"] else "–"
        cells, loads = (_listed(found[f"snippet {what}"]) for what in ("cells", "loads"))
        yield f"| {name} | {median(found['prose']):.2f} | {first} | {later} | {cells} | {loads} |"


def _scale(scale: Mapping[str, Any]) -> Iterator[str]:
    yield "| chapters of five cells | cold | nothing changed | pages only | ÷ |"
    yield "|--:|--:|--:|--:|--:|"
    for number, size in enumerate(scale["sizes"]):
        cold, guide, pages = (
            median(scale[what][number]) for what in ("cold", "nothing changed", "pages only")
        )
        yield f"| {size} | {cold:.1f} | {guide:.2f} | {pages:.2f} | {guide / pages:.2f} |"


def _counts(found: Mapping[str, Any] | None) -> str:
    return f"{_listed(found['cells'])}, {_listed(found['loads'])}" if found else "–"


def _listed(numbers: list[int]) -> str:
    return "–".join(map(str, sorted({numbers[0], numbers[-1]}))) if numbers else "–"


def _sums(*parts: Sequence[float]) -> list[float]:
    return [sum(of_round) for of_round in zip(*parts, strict=True)]


def _ratio(what: str, seconds: Sequence[float], floors: Sequence[float]) -> Target:
    """Compare round by round: within one, all tools meet the machine in the same state."""
    ratio = median(ours / floor for ours, floor in zip(seconds, floors, strict=True))
    return Target(what, f"≤ {SLACK}", f"{ratio:.2f}", ratio <= SLACK)


def _none(what: str, counted: list[int]) -> Target:
    return Target(what, "0", _listed(counted), counted == [0])


def _peers(what: str, case: Mapping[str, Any]) -> Target:
    own = case[GUIDE]["median"]
    ours = {GUIDE, WHOLE, PAGES, WHOLE_PAGES}
    name, best = min(
        ((name, found["median"]) for name, found in case.items() if name not in ours),
        key=lambda peer: float(peer[1]),
    )
    return Target(what, f"< {best:.2f} s ({name})", f"{own:.2f} s", own < best)


def write(told: dict[str, Any], folder: Path) -> None:
    """Add date and machine to the figures, and write them into `folder`."""
    told["date"] = datetime.datetime.now(datetime.UTC).date().isoformat()
    gib = psutil.virtual_memory().total / 1024**3
    told["machine"] = f"{platform.machine()}, {os.cpu_count()} processors, {gib:.0f} GiB"
    told["python"] = f"Python {platform.python_version()}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    (folder / "bench.md").write_text(markdown(told), encoding="utf-8")
