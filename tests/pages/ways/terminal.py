"""A terminal: the commands of a page become a script, with stand-ins for what is not here."""

import shlex
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.pages.ways.shown import README, Shown
from tests.support.paths import ROOT

CLONES = (README, "contributing/index.html")  # what they show is typed in a clone
PLACEHOLDER = "..."

# It is started as a job of its own, which can be ended with all that it has started.
UNTIL = """\
set -m
{{ {line}
}} > {log} 2>&1 &
job=$!
for _ in $(seq 9000); do
  grep -qE {until} {log} && break
  kill -0 $job 2>/dev/null || {{ cat {log}; exit 1; }}
  sleep 0.2
done
grep -E {until} {log} || {{ kill -TERM -- -$job; cat {log}; exit 1; }}
kill -TERM -- -$job
wait $job || true
set +m
"""


@dataclass(frozen=True)
class StandIn:
    """A row of the table in `stand_ins.toml`."""

    page: str
    line: str
    reason: str
    tab: str = ""
    on: str = ""
    until: str = ""
    pytest: str = ""
    typed: str = ""

    def is_for(self, shown: Shown, line: str) -> bool:
        is_here = (self.page, self.tab or shown.tab) == (shown.page, shown.tab)
        return is_here and f"{line} ".startswith(self.line)


TABLE = [
    StandIn(**row)
    for row in tomllib.loads((ROOT / "tests/pages/ways/stand_ins.toml").read_text())["stand_in"]
]


def stand_in_for(shown: Shown, line: str) -> StandIn | None:
    return next((row for row in TABLE if row.is_for(shown, line)), None)


@dataclass(frozen=True)
class Terminal:
    """Where the commands are typed.

    Attributes:
        clone: the folder of the clone.
        logs: the folder of what is said by commands that run until they are ended.
        on: the variables that lead to each of the table's stand-ins.
        key: what is "yours" where a key is asked for.

    """

    clone: Path
    logs: Path
    on: Mapping[str, Mapping[str, str]]
    key: str

    def script(self, blocks: Iterable[Shown]) -> str:
        """Return the script that runs the blocks of a page, in order, where the page says."""
        return "set -e\n" + "".join(map(self._block, blocks))

    def _block(self, shown: Shown) -> str:
        variables: dict[str, str] = {}
        typed = []
        for line in shown.lines:
            row = stand_in_for(shown, line)
            variables |= self.on.get(row.on, {}) if row else {}
            typed += [f"echo {shlex.quote(f'> {line}')}", self._line(line, row)]
        exports = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
        is_in_clone = shown.page in CLONES or shown.text.startswith("make ")
        cd = [f"cd {shlex.quote(str(self.clone))}"] if is_in_clone else []
        # A tab is an alternative; what leads to a stand-in is there for its own commands only.
        is_apart = shown.tab or variables or (is_in_clone and shown.page not in CLONES)
        text = "\n".join([*cd, *exports, *typed])
        return f"(\n{text}\n)\n" if is_apart else f"{text}\n"

    def _line(self, line: str, row: StandIn | None) -> str:
        if row is None:
            return line
        if row.on == "ndif":
            line = line.replace(PLACEHOLDER, self.key, 1)
        if row.pytest:
            line = f"PYTEST_ADDOPTS={shlex.quote(row.pytest)} {line}"
        if row.typed:
            line = f"printf %s {shlex.quote(row.typed.format(key=self.key))} | {line}"
        if row.until:
            log = self.logs / f"{TABLE.index(row)}.log"
            line = UNTIL.format(line=line, until=shlex.quote(row.until), log=shlex.quote(str(log)))
        return line
