"""A run from nothing beside what the site shows: a built page, the recordings, and the truth."""

from contextlib import closing

import pytest

from nnsight_guide.__main__ import main
from nnsight_guide.idioms.idiom import IDIOMS_FOLDER
from nnsight_guide.recording import recordings
from nnsight_guide.recording.recordings import Recording
from nnsight_guide.run.plan import Plan
from nnsight_guide.run.runner import Runner
from nnsight_guide.verify import rerun
from tests.support.sites import MATERIAL, block, make_project, make_site

PAGE = block(
    'cell("first", "ask")',
    'cell("second", "draw", output=False)',
    'output("second", "draw")',
    'fragment("second", "draw")',
    'idioms_table("gone")',
)
DRAW = """# %% draw
import circuitsvis as cv
import torch

cv.attention.attention_patterns(tokens=["a", "b"], attention=torch.eye(2)[None])
"""
GONE = '"""Gone\n\nCall `y`.\n"""\n\ny = print\n\n# %% then\nx(16)\n\n# %% now\ny(16)\n'


@pytest.fixture(scope="module")
def project(module_project, command):
    """A project whose site is built."""
    folder = module_project.snippets / IDIOMS_FOLDER
    folder.mkdir()
    (folder / "gone.py").write_text(GONE)
    (module_project.snippets / "second.py").write_text(DRAW)
    make_site(module_project, {"index.md": f"# A chapter\n\n{PAGE}"}, theme=MATERIAL)
    done = command("mkdocs", "build", "--strict", cwd=module_project.root)
    assert done.returncode == 0, done.stderr
    return module_project


@pytest.fixture(scope="module")
def again(project, profile):
    """What a run from nothing gives."""
    kept = {path: path.stat().st_mtime_ns for path in project.cache.rglob("*")}
    given = rerun.run_again(Plan(project, profile))
    assert {path: path.stat().st_mtime_ns for path in project.cache.rglob("*")} == kept
    return given


@pytest.fixture
def differences(project, profile, again):
    """Which lines tell of it when a file has other words in it; it is put right again."""
    kept = {}

    def differences(path, old, new):
        kept[path] = path.read_text()
        assert old in kept[path]
        path.write_text(kept[path].replace(old, new))
        return rerun.compare_with_rerun(Plan(project, profile), again).differences

    yield differences
    for path, text in kept.items():
        path.write_text(text)


def test_what_a_build_shows_is_what_a_run_from_nothing_gives(project, profile, again):
    assert rerun.compare_with_rerun(Plan(project, profile), again).lines() == [
        "4 cells and idioms run again, and compared with their recordings and with 5 blocks on the "
        "site's pages: 0 differ"
    ]


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("6342", "6343", ["first/ask: shown '6343', rerun '6342'"]),
        ("6342</code>", "6342\nand more</code>", ["first/ask: shown 'and more', rerun nothing"]),
        (
            "name &#x27;x&#x27;",
            "it",
            ["from_2024/gone: shown 'NameError: it is not defined', rerun"],
        ),
        ("</span> fails", "</span> works", ["from_2024/gone: shown '✕ works', rerun '✕ fails'"]),
        ("[1.0,0.0]", "[0.5,0.5]", ["second/draw: shown", "second/draw: shown"]),
        ("Head 0", "Head 1", ["second/draw: shown", "second/draw: shown"]),
        ('data-cell="ask"', 'data-cell="aks"', ["first/aks: shown, and there is no such cell"]),
        ("/gptj-demo", "/gpt-j", ["first/ask: shown 'nnsight-guide/gpt-j', rerun"] + 4 * [""]),
    ],
)
def test_whatever_else_a_page_shows_is_named(project, differences, old, new, lines):
    found = differences(project.root / "site" / "index.html", old, new)
    assert len(found) == len(lines)
    for line, start in zip(found, lines, strict=True):
        assert line.startswith(f"site/index.html, {start}")


def test_a_recording_that_was_forged_with_its_digest_is_named(project, profile, again):
    path = recordings.recording_path(project, "first", profile)
    good = path.read_bytes()
    forged = Recording.load(path)
    forged.cell("ask")["outputs"][0]["text"] = "6343\n"
    forged.save(path)
    try:
        found = rerun.compare_with_rerun(Plan(project, profile), again).differences
    finally:
        path.write_bytes(good)
    assert found == ["first/ask: shown '6343', rerun '6342'"]


VARYING = """from snippets.model import model

# %% steady
print(0xFF0000, "50%|")

# %% process
import os

print(os.getpid())

# %% moment
import time

print(time.time_ns())

# %% bar
from tqdm import tqdm

for _ in tqdm(range(2), disable=False):
    pass
"""


def test_what_differs_between_two_runs_in_a_row_is_named_by_its_cell(tmp_path, profile):
    project = make_project(tmp_path)
    (project.snippets / "varying.py").write_text(VARYING)
    plan = Plan(project, profile, ["varying"])
    with closing(Runner(project)) as runner:
        runner.run_stale(plan)
        different = rerun.compare_with_rerun(plan, rerun.run_again(plan)).differences
    assert [line.partition(":")[0] for line in different] == [
        *("varying/process", "varying/moment", "varying/bar")
    ]


def test_what_is_stale_is_a_difference(project, differences):
    assert differences(project.snippets / "first.py", "argmax", "argmin") == [
        "first: the recording is stale: build the site again"
    ]
    idiom = project.snippets / IDIOMS_FOLDER / "gone.py"
    assert "from_2024/gone: the recording is stale: build the site again" in differences(
        idiom, "16", "17"
    )


def test_the_command_prints_the_lines_and_exits_with_1_at_a_difference(
    project, differences, again, monkeypatch, capsys
):
    monkeypatch.chdir(project.root)
    monkeypatch.setattr(rerun, "run_again", lambda *_: again)  # which took seconds
    assert main(["verify", "--rerun"]) == 0
    assert capsys.readouterr().out.endswith(": 0 differ\n")
    differences(project.root / "site" / "index.html", "6342", "6343")
    assert main(["verify", "--rerun"]) == 1
    assert capsys.readouterr().out.splitlines()[0].endswith("shown '6343', rerun '6342'")


def test_without_a_built_site_it_says_that_only_the_recordings_were_compared(
    project, profile, again
):
    site = project.root / "site"
    site.rename(project.root / "elsewhere")
    try:
        report = rerun.compare_with_rerun(Plan(project, profile), again)
    finally:
        (project.root / "elsewhere").rename(site)
    assert report.notes == ["the site is not built: only the recordings were compared"]
