"""The command line: `python -m nnsight_guide build | serve | demo | status | run | …`."""

import argparse
import atexit
import contextlib
import gc
import json
import sys
from collections.abc import Sequence

from nnsight_guide.base import redaction
from nnsight_guide.base.errors import GuideError, long_story, one_line
from nnsight_guide.base.project import HOST, Project, did_you_mean
from nnsight_guide.html import provenance
from nnsight_guide.idioms.idiom import CELLS, idiom_paths
from nnsight_guide.model import profiles
from nnsight_guide.recording import committed
from nnsight_guide.recording.freshness import Freshness, stale
from nnsight_guide.recording.real_cells import RealState
from nnsight_guide.recording.recordings import Recording
from nnsight_guide.run.plan import Plan
from nnsight_guide.site import preview


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status. What somebody can mend ends in one line."""
    parser = _parser()
    options = parser.parse_args(arguments)
    redaction.install_hook()
    try:
        return int(options.command(options))
    except (GuideError, OSError) as error:
        if options.debug:
            print(redaction.without_keys(long_story(error)), file=sys.stderr)
        message = redaction.without_keys(one_line(str(error)))
        print(f"nnsight_guide: {message}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("nnsight_guide: stopped; what had finished is kept", file=sys.stderr)
        return 130


def build(options: argparse.Namespace) -> int:
    """Build the site into site/, if anything has changed since that was done."""
    from nnsight_guide.site.make_site import build_site

    if not build_site(verbose=options.debug):
        print("nothing has changed since site/ was built")
    return 0


def serve(options: argparse.Namespace) -> int:
    """Serve the site on this machine, and build it again at every change."""
    from nnsight_guide.site.make_site import serve_site

    serve_site(preview.port_number(options.port))
    return 0


def demo(options: argparse.Namespace) -> int:
    """Print the folder of the demo model's checkpoint, which is made if it is missing."""
    from nnsight_guide.demo_model.checkpoint import checkpoint

    print(checkpoint())
    return 0


def second_model(options: argparse.Namespace) -> int:
    """Print the folder of the second model's checkpoint, which is made if it is missing."""
    from nnsight_guide.model.second_model import second_checkpoint

    print(second_checkpoint())
    return 0


def loopback(options: argparse.Namespace) -> int:
    """Start the stand-in for NDIF on this machine, and print the variables to set."""
    import nnsight_guide.loopback

    return nnsight_guide.loopback.serve(options.host, options.port)


def status(options: argparse.Namespace) -> int:
    """List every snippet (fresh or stale and why, model, versions, seconds); count the idioms."""
    plan = Plan(Project.find(), profiles.current())
    stale_idioms = stale(plan.idioms)
    folders = {folder: idiom_paths(plan.project, [folder]) for folder in CELLS}
    if options.json:
        real = plan.committed
        described = {
            "profile": plan.profile.name,
            "snippets": [
                _describe(state)
                | ({"committed": _describe_committed(real[name])} if name in real else {})
                for name, state in plan.snippets.items()
            ],
            **{
                folder: {"idioms": [*names], "stale": [n for n in stale_idioms if n in names]}
                for folder, names in folders.items()
            },
        }
        print(json.dumps(described, indent=2))
        return 0
    print(f"profile {plan.profile.name}: {plan.profile.model_id}")
    for name, state in plan.snippets.items():
        print(f"  {name:<24} {_mark(state)}")
        if state.recorded:
            made = state.recorded.provenance
            versions = ", ".join(f"{name} {number}" for name, number in made["versions"].items())
            print(f"  {'':<24} {made['model']}, {state.recorded.seconds:.2f} s, {versions}")
        if name in plan.committed:
            print(f"  {'':<24} committed: {_committed(plan.committed[name])}")
    for folder, idioms in folders.items():
        if idioms:
            n_stale = len(idioms.keys() & set(stale_idioms))
            print(f"  {folder}: {len(idioms)} idioms, {n_stale} stale")
    return 0


def _describe(state: Freshness[Recording]) -> dict[str, object]:
    made = state.recorded.provenance if state.recorded else {}
    return {
        "snippet": state.name,
        "fresh": state.is_fresh,
        "why": state.stale_because,
        "model": made.get("model"),
        "date": made.get("date"),
        "versions": made.get("versions"),
        "seconds": round(state.recorded.seconds, 3) if state.recorded else None,
    }


def _mark(state: Freshness[Recording]) -> str:
    return "fresh" if state.is_fresh else f"stale ({', '.join(state.stale_because)})"


def _committed(state: RealState) -> str:
    if state.file is None:
        return "none"
    made = state.file.runs[-1]["provenance"]
    n_cells = len(state.cells) + len(state.stale_because)
    mark = f"{len(state.cells)} of {n_cells} cells fresh" if state.cells else "stale"
    mark = "fresh" if state.is_fresh else f"{mark} ({'; '.join(state.reasons())})"
    since = {name: v for cell in state.cells.values() for name, v in cell.since.items()}
    today = "".join(f", {name} {version} today" for name, version in since.items())
    return f"{mark}, {provenance.in_status(made)}{today}"


def _describe_committed(state: RealState) -> dict[str, object]:
    return {
        "snippet": state.snippet,
        "fresh": state.is_fresh,
        "why": state.reasons(),
        "cells": {
            name: {
                "model": cell.provenance["model"],
                "date": cell.provenance["date"],
                "versions": cell.provenance["versions"],
                "today": cell.since,
            }
            for name, cell in state.cells.items()
        },
    }


def run(options: argparse.Namespace) -> int:
    """Run the stale ones of these snippets, or the idioms: from_2024, errors (default: all)."""
    from nnsight_guide.run.runner import Runner

    names = [n for n in options.snippets if n not in CELLS] if options.snippets else None
    folders = [folder for folder in CELLS if folder in options.snippets or not options.snippets]
    project = Project.find()
    known = [*project.snippet_names(), *CELLS]
    for name in names or ():  # a misspelt one stops here, before anything runs
        if name not in known:
            raise GuideError(f"there is no snippet '{name}'{did_you_mean(name, known)}")
    plan = Plan(project, profiles.current(), names, folders)
    with contextlib.closing(Runner(plan.project, keeps_kernel=False)) as runner:
        snippets, idioms = runner.run_stale(plan)
    kinds = {"snippets": snippets}
    for folder in folders:
        found = idiom_paths(plan.project, [folder])
        kinds[f"idioms of {folder}"] = [name for name in idioms if name in found]
    for kind, ran in kinds.items():
        if ran:
            print(f"{len(ran)} {kind} run: {', '.join(ran)}")
    if not snippets and not idioms:
        print("nothing is stale")
    return 0


def record(options: argparse.Namespace) -> int:
    """Run the second model, or also GPT-J (GUIDE_PROFILE=local or remote); record, to commit."""
    from nnsight_guide.run.real_model import record_missing

    done = record_missing(Project.find(), profiles.current())
    print(
        f"{len(done.written)} recordings written to snippets/{committed.RECORDINGS}: "
        f"{', '.join(done.written) or '-'}"
    )
    if done.unchanged:
        print(f"{len(done.unchanged)} as they were: {', '.join(done.unchanged)}")
    if done.elsewhere:
        print(f"not recorded, since they need PROFILE=remote: {', '.join(done.elsewhere)}")
    return 0


def verify(options: argparse.Namespace) -> int:
    """Compare what is recorded with the published facts; exit 1 at any difference."""
    from nnsight_guide.verify.facts import compare_with_facts
    from nnsight_guide.verify.rerun import rerun

    project = Project.find()
    report = rerun(project, profiles.current()) if options.rerun else compare_with_facts(project)
    print("\n".join(report.lines()))
    return 1 if report.differences else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m nnsight_guide", description=__doc__)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--debug", action="store_true", help="before the line that says what is wrong, how it came"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for function in (build, serve, demo, second_model, loopback, status, run, record, verify):
        command = commands.add_parser(
            function.__name__.replace("_", "-"),
            parents=[common],
            help=(function.__doc__ or "").strip(),
        )
        command.set_defaults(command=function)
        if function is serve:
            command.add_argument("--port", default=str(preview.PORT), help="default: %(default)s")
        if function is loopback:
            command.add_argument("--host", default=HOST, help=f"{HOST}, and nothing else")
            command.add_argument("--port", type=int, default=0, help="default: a free one")
        if function is status:
            command.add_argument("--json", action="store_true", help="for programs to read")
        if function is verify:
            text = "instead, run everything again and compare with what the site shows"
            command.add_argument("--rerun", action="store_true", help=text)
        if function is run:
            command.add_argument("snippets", nargs="*", metavar="SNIPPET")
    return parser


if __name__ == "__main__":
    atexit.register(gc.freeze)  # else Python's end walks through all that was imported: 0.3 s
    sys.exit(main())
