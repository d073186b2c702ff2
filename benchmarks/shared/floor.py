"""The floor: what the work itself takes, without the guide, as `work_alone.py` does it."""

import json
from pathlib import Path
from typing import Any

from benchmarks.shared.running import run_python
from benchmarks.shared.tool import Tool
from nnsight_guide.base.project import Project
from nnsight_guide.model.profiles import Profile
from nnsight_guide.run.plan import Plan

SCRIPT = Path(__file__).with_name("work_alone.py")


def floors(whole: Tool, profile: Profile, log: Path) -> dict[str, dict[str, Any]]:
    """Return the floor of each part of the whole site: snippets here, remote ones, idioms.

    What is for the second model is committed, so that no build runs it.
    """
    plan = Plan(Project(whole.root), profile)
    names = [name for name in plan.snippets if name != "model"]  # its cell is the load
    here = [name for name in names if plan.is_at_home(name)]
    away = [name for name in names if name not in here and not plan.is_for_second_model(name)]
    return {
        "model": floor(whole, log, "model", *here),
        "remote": floor(whole, log, "remote", *away),
        "idioms": floor(whole, log, "idioms"),
    }


def floor(whole: Tool, log: Path, *what: str) -> dict[str, Any]:
    """Do a part of the work, once, in one process; return the seconds of its steps and of all."""
    seconds, output = run_python([str(SCRIPT), *what], whole, log)
    steps: dict[str, Any] = json.loads(output.splitlines()[-1])
    return {**steps, "seconds": round(seconds, 3)}
