"""What the workflows for GitHub promise: zizmor keeps what any may, and the rest is the guide's."""

import json
import re
import shutil
import sysconfig
from pathlib import Path

import pytest
import yaml

from tests.support.paths import ROOT
from tests.support.processes import run_process, succeed

FILES = sorted(ROOT.glob(".github/workflows/*.yml"))


class Loader(yaml.SafeLoader):
    """YAML 1.2's booleans: in 1.1 the key `on` would be true."""


Loader.yaml_implicit_resolvers = {
    first: [found for found in resolvers if found[0] != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(path):
    return yaml.load(path.read_text(), Loader)


WORKFLOWS = {path.stem: read(path) for path in FILES}
JOBS = [(name, job) for name, workflow in WORKFLOWS.items() for job in workflow["jobs"].values()]


def events(workflow):
    on = workflow["on"]
    return set(on) if isinstance(on, (dict, list)) else {on}


def commands(job):
    return [
        line.strip()
        for step in job["steps"]
        for line in step.get("run", "").splitlines()
        if line.strip()
    ]


def in_main_only(job):
    return job.get("if") == "github.ref == 'refs/heads/main'"


def writes(job):
    return [name for name, right in job["permissions"].items() if right != "read"]


def test_there_is_a_workflow_for_tests_attacks_publishing_the_canary_and_recordings():
    assert WORKFLOWS.keys() == {"test", "attacks", "publish", "canary", "record"}


def audit(folder):
    """Return what zizmor finds in a folder: the rule that is broken, and the file."""
    zizmor = Path(sysconfig.get_path("scripts"), "zizmor")
    # To the auditor alone, a token that a checkout is told to leave behind is a fault.
    options = ["--offline", "--strict-collection", "--persona=auditor", "--format=json-v1"]
    done = run_process(zizmor, *options, folder)
    assert done.stdout, done.stderr
    return {
        (finding["ident"], Path(location["symbolic"]["key"]["Local"]["verbatim_path"]).stem)
        for finding in json.loads(done.stdout)
        for location in finding["locations"]
    }


def test_zizmor_finds_no_fault_in_the_workflows():
    assert audit(ROOT / ".github") == set()


COMMAND = r"run: (make|\.ci/run).*"


@pytest.mark.parametrize(
    ("rule", "sound", "broken"),
    [
        ("unpinned-uses", r"@[0-9a-f]{40}", "@v7"),
        ("unpinned-uses", r"(@[0-9a-f]{7})[0-9a-f]{33}", r"\1"),
        ("excessive-permissions", r"\npermissions: {}", ""),
        ("excessive-permissions", r"\npermissions: {}", r"\npermissions: write-all"),
        ("excessive-permissions", r"permissions:\n +contents: \w+", "permissions: write-all"),
        ("artipacked", r" +with:\n +persist-credentials: false\n", ""),
        ("artipacked", r"persist-credentials: false", "persist-credentials: true"),
        ("dangerous-triggers", r"(pull_request|workflow_dispatch):", "pull_request_target:"),
        ("dangerous-triggers", r"(pull_request|workflow_dispatch):", "workflow_run:"),
        ("template-injection", COMMAND, "run: echo ${{ github.head_ref }}"),
        ("template-injection", COMMAND, "run: echo ${{ github.sha }}"),
    ],
)
def test_zizmor_finds_this_fault_in_whichever_workflow_has_it(rule, sound, broken, tmp_path):
    copy = shutil.copytree(ROOT / ".github", tmp_path / ".github")
    for path in copy.glob("workflows/*.yml"):
        path.write_text(re.sub(sound, broken, path.read_text()))
    assert {name for found, name in audit(copy) if found == rule} == WORKFLOWS.keys()


def test_an_action_has_the_same_hash_everywhere_and_its_version_beside_it():
    found = {}
    for path in FILES:
        for action, pin, version in re.findall(r"uses: ([\w./-]+)@(\w+)(.*)", path.read_text()):
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", version), (
                "a hash alone tells a reader nothing"
            )
            found.setdefault(action, set()).add((pin, version))
    assert {action for action, pins in found.items() if len(pins) > 1} == set()


def test_one_job_may_write_and_it_runs_nothing_of_the_project():
    writing = [(name, job) for name, job in JOBS if writes(job)]
    ((name, job),) = writing
    assert (name, job["permissions"]) == ("publish", {"contents": "write"})
    assert "actions/checkout" not in str(job)
    started = {word for line in commands(job) for word in re.findall(r"[\w./-]+", line)}
    assert not started & {"make", "python", "python3", "pip", "bash", "sh", "source", "eval"}
    assert not [word for word in started if word.startswith("./")]


def test_what_a_pull_request_starts_sees_no_secret_and_writes_nothing():
    started = {
        name: workflow
        for name, workflow in WORKFLOWS.items()
        if any(event.startswith(("pull_request", "workflow_run")) for event in events(workflow))
    }
    assert started.keys() == {"test"}
    for workflow in started.values():
        assert not re.search(r"secrets|github\.token|GITHUB_TOKEN|environment", str(workflow))
        assert all(job["permissions"] == {"contents": "read"} for job in workflow["jobs"].values())


def test_the_key_is_in_one_step_that_runs_by_hand_on_main_in_an_environment():
    having = {name for name, workflow in WORKFLOWS.items() if "secrets." in str(workflow)}
    assert having == {"record"}
    assert events(WORKFLOWS["record"]) == {"workflow_dispatch"}
    (job,) = WORKFLOWS["record"]["jobs"].values()
    assert in_main_only(job)
    assert job["environment"] == "ndif"
    (step,) = [step for step in job["steps"] if "secrets." in str(step)]
    assert step["run"] == "make record PROFILE=remote"
    assert step["env"] == {"NDIF_API_KEY": "${{ secrets.NDIF_API_KEY }}"}
    assert "secrets" not in str({**job, "steps": []})


def test_no_cache_carries_anything_from_one_run_to_another():
    assert "cache" not in re.sub(r"#.*", "", "".join(path.read_text() for path in FILES))


def test_the_site_is_built_through_make_site_alone_and_published_as_it_is():
    build, publish = WORKFLOWS["publish"]["jobs"].values()
    assert commands(build) == ["make site"]
    assert in_main_only(build)
    assert events(WORKFLOWS["publish"]) == {"push", "workflow_dispatch"}
    assert WORKFLOWS["publish"]["on"]["push"] == {"branches": ["main"]}
    assert publish["needs"] == "build"
    upload, download = build["steps"][-1], publish["steps"][0]
    assert upload["with"]["path"] == "site/"
    assert upload["with"]["name"] == download["with"]["name"]


def test_the_site_goes_to_the_branch_that_the_links_to_colab_name():
    from nnsight_guide.site.mkdocs_jupyter import colab_url

    url = colab_url("https://github.com/someone/guide", "a.ipynb")
    branch = re.search(r"/blob/([^/]+)/a\.ipynb$", url)[1]
    pushed = [
        line for line in commands(WORKFLOWS["publish"]["jobs"]["publish"]) if " push " in line
    ]
    assert [line.split()[-1] for line in pushed] == [branch]


def test_the_branch_of_the_site_holds_what_was_built_and_one_commit(tmp_path):
    """The very script of the workflow, with a repository of this machine to push to."""
    (job,) = [job for name, job in JOBS if name == "publish" and writes(job)]
    (step,) = [step for step in job["steps"] if "run" in step]
    remote = tmp_path / "remote.git"
    succeed("git", "init", "--quiet", "--bare", remote)
    for built in ("first", "second"):
        site = tmp_path / built / "site"
        (site / ".hidden").mkdir(parents=True)
        (site / ".hidden" / "index.html").write_text(built)
        (site / ".gitignore").write_text("*.html\n")
        hook = site / ".git" / "hooks" / "pre-commit"
        hook.parent.mkdir(parents=True)
        hook.write_text("#!/bin/sh\nexit 1\n")
        hook.chmod(0o755)
        given = {"REMOTE": str(remote), "RUNNER_TEMP": str(site.parent)}
        succeed("bash", "-e", "-c", step["run"], cwd=site, TOKEN="x", GITHUB_SHA="a", **given)
    listed = succeed("git", "-C", remote, "ls-tree", "-r", "--name-only", "gh-pages")
    assert listed.stdout.split() == [".gitignore", ".hidden/index.html", ".nojekyll"]
    assert succeed("git", "-C", remote, "rev-list", "--count", "gh-pages").stdout == "1\n"
    shown = succeed("git", "-C", remote, "show", "gh-pages:.hidden/index.html")
    assert shown.stdout == "second"


def test_pull_requests_run_what_a_clean_clone_runs():
    (job,) = WORKFLOWS["test"]["jobs"].values()
    assert commands(job)[-1] == ".ci/run"
    assert (ROOT / ".ci/run").stat().st_mode & 0o100


@pytest.mark.parametrize(
    ("there", "installed"),
    [
        ([], "chromium firefox-esr"),
        (["chromium"], "firefox-esr"),
        (["firefox-esr"], "chromium"),
        (["chromium", "firefox"], None),
    ],
)
def test_a_clean_machine_gets_the_browsers_that_it_has_not(tmp_path, there, installed):
    said = tmp_path / "said.txt"
    for name in ("make", "apt-get", *there):
        program = tmp_path / name
        program.write_text(f'#!/bin/bash\necho "{name} $CI $*" >> "{said}"\n')
        program.chmod(0o755)
    for name in ("bash", "dirname"):
        (tmp_path / name).symlink_to(Path(shutil.which(name)))
    succeed("/bin/bash", ROOT / ".ci/run", PATH=str(tmp_path))
    *before, lint, model, test = said.read_text().splitlines()
    assert [lint, model, test] == [f"make true {it}" for it in ("lint", "second-model", "test")]
    install = "apt-get true install -y -qq --no-install-recommends"
    assert before == (["apt-get true update -qq", f"{install} {installed}"] if installed else [])


@pytest.mark.parametrize("name", ["attacks", "canary"])
def test_what_takes_long_runs_every_week(name):
    ((cron,),) = [trigger.values() for trigger in WORKFLOWS[name]["on"]["schedule"]]
    *_, day, month, weekday = cron.split()
    assert (day, month, weekday.isdigit()) == ("*", "*", True)


def test_the_attacks_are_the_long_tests():
    (job,) = WORKFLOWS["attacks"]["jobs"].values()
    assert commands(job) == ["make test-long"]


def test_the_canary_turns_red_when_something_changed():
    workflow = WORKFLOWS["canary"]
    (job,) = workflow["jobs"].values()
    (step,) = [step for step in job["steps"] if "make" in step.get("run", "")]
    assert step["run"] == "make --no-print-directory canary | tee canary.txt"
    assert step["shell"] == "bash", "else a pipe hides the exit status of make"
    assert "continue-on-error" not in str(workflow)
    assert job["steps"][-1]["with"]["path"] == "src/nnsight_guide/canary/runs/"


def test_every_make_target_of_a_workflow_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    used = set()
    for _, job in JOBS:
        for line in commands(job):
            words = line.partition("|")[0].split()
            if words[0] == "make":
                used |= {word for word in words[1:] if word[0] != "-" and "=" not in word}
    assert used == {"site", "install", "record", "canary", "test-long"} & targets


def test_updates_are_proposed_for_packages_and_for_actions():
    updates = read(ROOT / ".github/dependabot.yml")["updates"]
    assert {update["package-ecosystem"] for update in updates} == {"pip", "github-actions"}
    assert {update["directory"] for update in updates} == {"/"}
    assert {update["schedule"]["interval"] for update in updates} == {"weekly"}
