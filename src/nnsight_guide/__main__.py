"""The command line: `python -m nnsight_guide build | demo | loopback | status | run | …`."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import runpy
import sys
from collections.abc import Sequence

from nnsight_guide import committed, outcomes, profiles, redaction
from nnsight_guide.errors import GuideError, long_story, one_line
from nnsight_guide.freshness import Freshness, freshness
from nnsight_guide.loopback.settings import HOST
from nnsight_guide.project import Project
from nnsight_guide.run import Runner


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status. What somebody can mend ends in one line."""
    parser = _parser()
    options = parser.parse_args(arguments)
    redaction.install_hook()
    try:
        status: int = options.command(options)
    except (GuideError, OSError) as error:
        if options.debug:
            print(redaction.redact(long_story(error), redaction.keys()), file=sys.stderr)
        message = redaction.redact(one_line(str(error)), redaction.keys())
        print(f"nnsight_guide: {message}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("nnsight_guide: stopped; what had finished is kept", file=sys.stderr)
        return 130
    return status


def build(options: argparse.Namespace) -> int:
    """Build the site into site/, if anything has changed since that was done."""
    from nnsight_guide import unchanged

    project, profile = Project.find(), profiles.current()
    made_from = unchanged.sources(project, profile)
    if unchanged.is_built(project, made_from):
        print("nothing has changed since site/ was built")
        return 0
    with contextlib.closing(Runner(project)) as runner:
        runner.start_early(profile)
        from nnsight_guide.site import GuidePlugin  # with all of MkDocs: the kernel imports, too

        GuidePlugin.runner = runner
        os.chdir(project.root)
        sys.argv = ["mkdocs", "build", *(["--verbose"] if options.debug else [])]
        try:
            runpy.run_module("mkdocs", run_name="__main__", alter_sys=True)
        except SystemExit as end:
            if end.code:
                raise
    unchanged.remember(project, profile, made_from)
    return 0


def demo(options: argparse.Namespace) -> int:
    """Print the folder of the demo model's checkpoint, which is made if it is missing."""
    from nnsight_guide.demo_model.checkpoint import checkpoint

    print(checkpoint())
    return 0


def loopback(options: argparse.Namespace) -> int:
    """Start the stand-in for NDIF on this machine, and print the variables to set."""
    from nnsight_guide.loopback import main as serve

    return serve(options.host, options.port)


def status(options: argparse.Namespace) -> int:
    """List every snippet (fresh or stale and why, model, versions, seconds); count the idioms."""
    project, profile = Project.find(), profiles.current()
    states = [freshness(project, name, profile) for name in project.snippet_names()]
    real = {state.snippet: committed.freshness(project, state.snippet) for state in states}
    idioms = outcomes.idiom_names(project)
    stale = outcomes.stale(project, outcomes.demo_profile(profile)) if idioms else []
    if options.json:
        told = {
            "profile": profile.name,
            "snippets": [
                {**_describe(state), "committed": _describe(real[state.snippet])}
                for state in states
            ],
            outcomes.FOLDER: {"idioms": idioms, "stale": stale},
        }
        print(json.dumps(told, indent=2))
        return 0
    print(f"profile {profile.name}: {profile.model_id}")
    for state in states:
        mark = "fresh" if state.is_fresh else f"stale ({', '.join(state.stale_because)})"
        print(f"  {state.snippet:<24} {mark}")
        if state.recording:
            made = state.recording.provenance
            versions = ", ".join(f"{name} {number}" for name, number in made["versions"].items())
            print(f"  {'':<24} {made['model']}, {state.recording.seconds:.2f} s, {versions}")
        print(f"  {'':<24} committed: {_committed(real[state.snippet])}")
    if idioms:
        print(f"  {outcomes.FOLDER}: {len(idioms)} idioms, {len(stale)} stale")
    return 0


def _describe(state: Freshness) -> dict[str, object]:
    made = state.recording.provenance if state.recording else {}
    return {
        "snippet": state.snippet,
        "fresh": state.is_fresh,
        "why": state.stale_because,
        "model": made.get("model"),
        "date": made.get("date"),
        "versions": made.get("versions"),
        "seconds": round(state.recording.seconds, 3) if state.recording else None,
    }


def _committed(state: Freshness) -> str:
    if state.recording is None:
        return "none"
    made = state.recording.provenance
    mark = "fresh" if state.is_fresh else f"stale ({', '.join(state.stale_because)})"
    return f"{mark}, {made['model']}, {made['date']}"


def run(options: argparse.Namespace) -> int:
    """Run the stale ones among the named snippets, or the idioms: from_2024 (default: all)."""
    project, profile = Project.find(), profiles.current()
    names = [name for name in options.snippets if name != outcomes.FOLDER]
    for name in names:
        project.snippet_path(name)  # a misspelt name stops here, before anything runs
    with contextlib.closing(Runner(project)) as runner:
        done = runner.run_stale(profile, names if options.snippets else None)
    idioms = []
    if not options.snippets or outcomes.FOLDER in options.snippets:
        idioms = outcomes.run_stale(project, outcomes.demo_profile(profile))
    for kind, ran in (("snippets", done), (f"idioms of {outcomes.FOLDER}", idioms)):
        if ran:
            print(f"{len(ran)} {kind} run: {', '.join(ran)}")
    if not done and not idioms:
        print("nothing is stale")
    return 0


def record(options: argparse.Namespace) -> int:
    """Run the real model (GUIDE_PROFILE=local or remote), and write recordings to commit."""
    done = committed.record(Project.find(), profiles.current())
    folder = "snippets/recordings/gpt-j-6b"
    print(f"{len(done.written)} recordings written to {folder}: {', '.join(done.written) or '-'}")
    if done.unchanged:
        print(f"{len(done.unchanged)} as they were: {', '.join(done.unchanged)}")
    if done.elsewhere:
        print(f"not recorded, since they need PROFILE=remote: {', '.join(done.elsewhere)}")
    return 0


def verify(options: argparse.Namespace) -> int:
    """Compare what is recorded with the published facts; exit 1 at any difference."""
    from nnsight_guide.rerun import rerun
    from nnsight_guide.verify import verify as compare

    project = Project.find()
    report = rerun(project, profiles.current()) if options.rerun else compare(project)
    print("\n".join(report.lines()))
    return 1 if report.differences else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m nnsight_guide", description=__doc__)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--debug", action="store_true", help="before the line that says what is wrong, how it came"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for function in (build, demo, loopback, status, run, record, verify):
        command = commands.add_parser(
            function.__name__, parents=[common], help=(function.__doc__ or "").strip()
        )
        command.set_defaults(command=function)
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
    sys.exit(main())
