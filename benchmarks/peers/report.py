"""The figures of `make bench` as Markdown, with the targets beside them."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from benchmarks.peers.measuring import (
    COLD,
    EDITED_FLOOR,
    NOTHING,
    ONE_SHOT,
    PAGES_AGAIN,
    PROSE,
    SNIPPET,
)
from benchmarks.peers.tools_mkdocs import GUIDE, PAGES, WHOLE_PAGES
from benchmarks.shared.guide import WHOLE
from benchmarks.shared.targets import SLACK, Target, at_most, table

MEMORY_SLACK = 1.3
SERVE_SECONDS = 0.7
PROSE_SECONDS = 0.6
SNIPPET_SECONDS = 1.0
MANY_CHAPTERS = 1.5
FIRST_SECONDS = 0.3
AT_ONCE = 0.65  # of what a cold build would take one thing after another, on two processors
IMPORT_SECONDS = 0.030
STATUS_SECONDS = 0.5


def targets(figures: Mapping[str, Any]) -> Iterator[Target]:
    """Yield each target with what came of it."""
    cases, floors = figures["cases"], figures["floors"]
    guide = {case: cases[case][WHOLE] for case in ONE_SHOT}
    ours = {case: guide[case]["seconds"] for case in ONE_SHOT}
    pages = {case: cases[case][WHOLE_PAGES]["seconds"] for case in (COLD, NOTHING, PROSE)}
    work = [seconds for name, seconds in floors.items() if name != EDITED_FLOOR]
    served = figures["serve"]
    serve, page = served[WHOLE], median(served[WHOLE_PAGES]["prose"])
    yield _ratio("nothing changed ÷ pages only", ours[NOTHING], pages[NOTHING])
    what = "nothing changed, every page again ÷ pages only"
    yield _ratio(what, ours[PAGES_AGAIN], pages[NOTHING])
    yield _peers(NOTHING, _by_round(cases[NOTHING]))
    for case in (NOTHING, PAGES_AGAIN):
        yield _none(f"{case}: cells executed", guide[case]["cells"])
    torch = any(guide[case]["torch in the build"] for case in ONE_SHOT)
    yield Target("torch imported by a build", "no", "yes" if torch else "no", not torch)
    peak = figures["memory"][WHOLE] / figures["memory"][WHOLE_PAGES]
    yield at_most("peak memory, every page again ÷ pages only", MEMORY_SLACK, peak)
    yield _ratio("prose edit ÷ pages only", ours[PROSE], pages[PROSE])
    yield _none("prose edit: cells executed", guide[PROSE]["cells"])
    yield _peers(PROSE, _by_round(cases[PROSE]))
    for name, floor in ((WHOLE, WHOLE_PAGES), (GUIDE, PAGES)):
        what = f"prose edit under `serve` ÷ pages only, {name}"
        yield _ratio(what, served[name]["prose"], served[floor]["prose"])
    prose = median(serve["prose"])
    yield at_most("prose edit under `serve`, whole site", PROSE_SECONDS, prose, " s")
    yield _peers("prose edit under `serve`", _by_round(served, "prose"))
    later = median(serve["snippet"])
    what = "the first snippet edit under `serve`"
    yield at_most(what, round(later + FIRST_SECONDS, 2), median(serve["first"]), " s")
    yield _peers(what, _by_round(served, "first"))
    what = "snippet edit under `serve`, after the first"
    yield at_most(what, round(page + SERVE_SECONDS, 2), later, " s")
    yield at_most(f"{what}, whole site", SNIPPET_SECONDS, later, " s")
    yield _peers(what, _by_round(served, "snippet"))
    yield _none("snippet edit under `serve`: loads of the model", serve["snippet loads"])
    ran = [name for name in serve["snippets run"] if name != "model"]
    yield Target("snippet edit under `serve`: snippets run", "1", str(len(ran)), len(ran) == 1)
    alone = _sums(pages[NOTHING], floors[EDITED_FLOOR])
    yield _ratio("snippet edit ÷ (pages only + import + load + its cells)", ours[SNIPPET], alone)
    yield _peers(SNIPPET, _by_round(cases[SNIPPET]))
    alone = _sums(pages[COLD], *work)
    what = "cold ÷ (pages only + import + load + all cells once)"
    yield _ratio(what, ours[COLD], alone, AT_ONCE)
    yield _peers(COLD, _by_round(cases[COLD]))
    imported = figures["import"]
    yield Target(
        "import of `nnsight_guide` alone; no torch, no Jupyter",
        f"≤ {1000 * IMPORT_SECONDS:.0f} ms",
        f"{1000 * imported['seconds']:.1f} ms",
        imported["seconds"] <= IMPORT_SECONDS and not imported["heavy modules"],
    )
    scale = figures["scale"]
    most = f"{scale['sizes'][-1]} chapters"
    unchanged, static = scale["nothing changed"][-1], scale["pages only"][-1]
    yield _ratio(f"{most}, nothing changed ÷ pages only", unchanged, static)
    what = "second half of the chapters ÷ first half, and that ÷ the same of pages only"
    yield at_most(what, SLACK, scale["growth"])
    yield at_most(f"`status` at {most}", STATUS_SECONDS, scale["status"], " s")
    what = f"prose edit under `serve` at {most} ÷ that of the whole site"
    yield at_most(what, MANY_CHAPTERS, median(scale["prose"]) / prose)


def markdown(figures: Mapping[str, Any]) -> str:
    """Return the figures as tables."""
    return "\n".join(
        [
            "## Beside other tools",
            "",
            f"{figures['date']}, {figures['machine']}, {figures['python']}. Medians of "
            f"{figures['rounds']} rounds, in seconds; all tools in turn, in one run, on the demo "
            f"model. The four chapters have {figures['lines']} lines of output, and every tool's "
            "pages were found to show each of them. Where nothing changed, `make site` leaves the "
            "site alone, as Sphinx does; *every page again* is `mkdocs build`, which never does. "
            "Peak memory is that of the latter. A target's *pages only* is that of the same case, "
            "where there is one; a ratio is the median of what it was in each round.",
            "",
            *table(targets(figures)),
            "",
            *_one_shot(figures),
            "",
            *_counted(figures),
            "",
            *_serve(figures),
            "",
            "| the work of the whole site without MkDocs, each in a process of its own | seconds |",
            "|---|--:|",
            *(f"| {name} | {median(seconds):.2f} |" for name, seconds in figures["floors"].items()),
            "",
            *_scale(figures["scale"]),
            "",
        ]
    )


def _one_shot(figures: Mapping[str, Any]) -> Iterator[str]:
    yield f"| one-shot build | {' | '.join(ONE_SHOT)} |"
    yield "|---|" + "--:|" * len(ONE_SHOT)
    for name in figures["cases"][COLD]:
        base = WHOLE_PAGES if "whole" in name else PAGES
        shown = []
        for case in ONE_SHOT:
            found = figures["cases"][case].get(name)
            ratio = found and found["median"] / figures["cases"][NOTHING][base]["median"]
            shown.append(f"{found['median']:.2f} (×{ratio:.2f})" if found else "–")
        yield f"| {name} | {' | '.join(shown)} |"


def _counted(figures: Mapping[str, Any]) -> Iterator[str]:
    yield "| one-shot build | cells, loads: cold | cells, loads: snippet edit | peak MB |"
    yield "|---|--:|--:|--:|"
    for name, cold in figures["cases"][COLD].items():
        edited = figures["cases"][SNIPPET].get(name)
        megabytes = figures["memory"][name] / 1e6
        yield f"| {name} | {_counts(cold)} | {_counts(edited)} | {megabytes:.0f} |"


def _serve(figures: Mapping[str, Any]) -> Iterator[str]:
    what = "prose, at once | prose | first snippet edit | later | cells | loads"
    yield f"| under `serve`, saved → served | {what} |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for name, found in figures["serve"].items():
        seconds = " | ".join(
            f"{median(found[edit]):.2f}" if found[edit] else "–"
            for edit in ("at once", "prose", "first", "snippet")
        )
        cells, loads = (_listed(found[f"snippet {what}"]) for what in ("cells", "loads"))
        yield f"| {name} | {seconds} | {cells} | {loads} |"


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


def _ratio(
    what: str, seconds: Sequence[float], floors: Sequence[float], most: float = SLACK
) -> Target:
    return at_most(what, most, _median_ratio(seconds, floors))


def _median_ratio(seconds: Sequence[float], others: Sequence[float]) -> float:
    """Compare round by round: within one, all tools meet the machine in the same state."""
    return median(ours / theirs for ours, theirs in zip(seconds, others, strict=True))


def _none(what: str, counted: list[int]) -> Target:
    return Target(what, "0", _listed(counted), counted == [0])


def _peers(what: str, seconds: Mapping[str, Sequence[float]]) -> Target:
    """Compare the guide, round by round, with each that executes the same four chapters."""
    ratios = {
        name: _median_ratio(seconds[GUIDE], found)
        for name, found in seconds.items()
        if name not in (GUIDE, WHOLE, PAGES, WHOLE_PAGES)
    }
    name, ratio = max(ratios.items(), key=lambda of_peer: of_peer[1])
    what = f"{what} ÷ that of each executing peer"
    return Target(what, "< 1", f"{ratio:.3f} ({name})", ratio < 1)


def _by_round(figures: Mapping[str, Any], what: str = "seconds") -> dict[str, Sequence[float]]:
    """Return the seconds of each tool that has such figures, and had its turn in each round."""
    return {name: found[what] for name, found in figures.items() if found[what]}
