"""What the processes of a command did: which cells ran, loads of the model, imports of torch.

`counting/sitecustomize.py`, on the path of every process, writes it into a log.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

COUNTING = Path(__file__).with_name("counting")
SETUP = "cell:model/setup"  # which an idiom imports, too
MARKER = re.compile(r"^# %% (?P<name>\w+)(?P<tags> .*active-ipynb.*)?(?: .*)?$", re.MULTILINE)


@dataclass(frozen=True)
class Counts:
    """What the processes of a command did.

    Attributes:
        cells: how often each cell ran, by `snippet/cell`.
        loads: of the tool's own model, in processes that ran cells of a chapter: each idiom of 2024
            loads one for itself, which does not count.
        torch: the processes that imported torch.

    """

    cells: Mapping[str, int]
    loads: int
    torch: frozenset[int]

    @property
    def n_cells(self) -> int:
        """How many cells ran."""
        return sum(self.cells.values())

    @property
    def snippets(self) -> set[str]:
        """The snippets whose cells ran."""
        return {name.partition("/")[0] for name in self.cells}


def counted(source: str, snippet: str) -> str:
    """Return a snippet whose cells say that they run."""

    def with_call(marker: re.Match[str]) -> str:
        comment = "# " if marker["tags"] else ""
        return f'{marker[0]}\n{comment}count_cell("{snippet}/{marker["name"]}")'

    return MARKER.sub(with_call, source)


def read(log: Path, model: str) -> Counts:
    """Return what was written down since the log was begun; of loads, those of this model."""
    cells: Counter[str] = Counter()
    ran, loads, torch = set(), [], set()
    for line in log.read_text().splitlines() if log.exists() else []:
        what, _, pid = line.rpartition(" ")
        if what.startswith("load:"):
            loads += [pid] if what == f"load:{model}" else []
        elif what == "torch":
            torch.add(int(pid))
        else:
            cells[what.removeprefix("cell:")] += 1
            if what != SETUP:
                ran.add(pid)
    return Counts(cells, sum(pid in ran for pid in loads), frozenset(torch))
