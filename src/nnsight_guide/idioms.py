"""What yesterday's code does today: the idioms of 2024, each run beside its successor.

A file in `snippets/from_2024/` holds one idiom: a docstring (title, blank line, what changed and
why), perhaps a set-up, a cell `then` and a cell `now`. Both cells run, each after the set-up and
in a process of its own, and the two outputs say what became of the old code. They run from files,
since nnsight reads the source of a `with` block.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nnsight_guide.cells import read_notebook
from nnsight_guide.errors import GuideError
from nnsight_guide.processes import SCRIPT_SECONDS, Finished

Verdict = Literal["works", "warns", "fails", "differs"]

# No progress bars, but every warning, whatever the user's own settings are.
SETTINGS = {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "OMP_NUM_THREADS": "1",  # as many scripts run at once as there are processors
    "TQDM_DISABLE": "1",
    "TRANSFORMERS_VERBOSITY": "warning",
    "PYTHONWARNINGS": "",
}

# "/a/b.py:3: FutureWarning: …" and "[transformers] …": where it was said is not part of the text.
SPOKEN_AT = re.compile(r"^(?:.*:\d+: )?(?:\[\w+\] )?")
ABSOLUTE_PATH = re.compile(
    r"(?<![\w./:\\])(?:/|[A-Za-z]:\\)(?:[^\s/\\'\"]+[/\\])+(?P<name>[^\s'\",:;]*)"
)


@dataclass(frozen=True)
class Idiom:
    """One idiom, as its file tells it: `then` and `now` are the cells' sources."""

    name: str
    title: str
    explanation: str
    setup: str
    then: str
    now: str


@dataclass(frozen=True)
class Outcome:
    """What became of an idiom; made of strings only, so `dataclasses.asdict` gives JSON.

    `verdict` is one of

    - `works`: the old code runs and prints what today's code prints;
    - `warns`: so it does, but says something that today's code does not (`message`, one line);
    - `fails`: it ends with an error (`message`, its last line);
    - `differs`: it runs, but prints something else (`message` holds its warning, if it has one).
    """

    idiom: str
    verdict: Verdict
    then_output: str
    now_output: str
    message: str


def read(path: Path) -> Idiom:
    """Read the file of an idiom.

    Raises:
        GuideError: it cannot be read as cells, or lacks the docstring or one of the two cells.

    """
    notebook = read_notebook(path)
    cells = {cell.metadata.get("title", ""): cell.source for cell in notebook.cells}
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    title, _, explanation = docstring.partition("\n\n")
    if not explanation or not {"then", "now"} <= cells.keys():
        raise GuideError(
            f"{path.parent.name}/{path.name} needs a docstring (a title, a blank line, what "
            "changed) and two cells, '# %% then' and '# %% now'"
        )
    return Idiom(
        name=path.stem,
        title=title.strip(),
        explanation=" ".join(explanation.split()),
        setup=cells.get("", ""),
        then=cells["then"],
        now=cells["now"],
    )


def read_all(folder: Path) -> list[Idiom]:
    """Read every idiom of a folder, sorted by name.

    Raises:
        GuideError: as `read`.

    """
    return [read(path) for path in sorted(folder.glob("*.py"))]


def run(
    idioms: Iterable[Idiom],
    environment: Mapping[str, str],
    root: Path,
    seconds: float = SCRIPT_SECONDS,
) -> list[Outcome]:
    """Run both cells of every idiom, and return the outcomes in the order of the idioms.

    `environment` (a profile's) is what the processes get beside the one they inherit; `root` is
    the folder that holds `snippets/`. Each cell may take `seconds`; an old one that takes longer
    has failed.

    Raises:
        GuideError: today's code of an idiom failed, or the processes could not be started.

    """
    idioms = list(idioms)
    with tempfile.TemporaryDirectory(prefix="nnsight-guide-") as name:
        folder = Path(name)
        scripts = []
        for idiom in idioms:
            for cell in ("then", "now"):
                script = folder / f"{idiom.name}_{cell}.py"
                script.write_text(f"{idiom.setup}\n\n{getattr(idiom, cell)}\n", encoding="utf-8")
                scripts.append(script)
        settings = {**os.environ, **environment, **SETTINGS, "NNSIGHT_CONFIG": f"{name}/config"}
        finished = _run_scripts(scripts, settings, root, seconds)
    pairs = zip(finished[::2], finished[1::2], strict=True)
    return [judge(idiom.name, then, now) for idiom, (then, now) in zip(idioms, pairs, strict=True)]


def judge(idiom: str, then: Finished, now: Finished) -> Outcome:
    """Compare what the old code left behind with what today's code did.

    Raises:
        GuideError: today's code failed.

    """
    if now.exit_code != 0:
        raise GuideError(
            f"from_2024/{idiom}.py: today's code fails: {last_line(now.errors) or 'no message'}"
        )
    verdict: Verdict
    new = [line for line in said(then.errors) if line not in said(now.errors)]
    message = new[0] if new else ""
    if then.exit_code is None:
        verdict, message = "fails", "it does not come to an end"
    elif then.exit_code != 0:
        verdict, message = "fails", last_line(then.errors) or f"exit code {then.exit_code}"
    elif then.output != now.output:
        verdict = "differs"
    else:
        verdict = "warns" if message else "works"
    return Outcome(idiom, verdict, clean(then.output), clean(now.output), message)


def said(errors: str) -> list[str]:
    """Return the lines that say something, each without the place where it was said.

    Below a warning stands, indented, the line of code that it is about; that is left out.
    """
    lines = [line for line in errors.splitlines() if line.strip() and not line[0].isspace()]
    return [clean(SPOKEN_AT.sub("", line, count=1)) for line in lines]


def last_line(errors: str) -> str:
    """Return the last line that says something: that of a traceback names the error."""
    lines = [line for line in errors.splitlines() if line.strip()]
    return clean(lines[-1]) if lines else ""


def clean(text: str) -> str:
    """Leave of each absolute path only the file's name: what is printed is no one's machine."""
    return ABSOLUTE_PATH.sub(lambda path: path["name"] or "…", text).strip()


def _run_scripts(
    scripts: list[Path], environment: dict[str, str], root: Path, seconds: float
) -> list[Finished]:
    command = [sys.executable, "-m", "nnsight_guide.processes", str(seconds), *map(str, scripts)]
    process = subprocess.run(  # noqa: S603 - the command is our own
        command, env=environment, cwd=root, capture_output=True, text=True, check=False
    )
    if process.returncode != 0:
        raise GuideError(f"the idioms of 2024 could not be run: {last_line(process.stderr)}")
    return [Finished(**fields) for fields in json.loads(process.stdout.splitlines()[-1])]
