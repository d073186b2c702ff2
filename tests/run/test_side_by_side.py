"""Kernels, the stand-in and idioms at work at once, and what all of them give."""

import asyncio
import json
import time
from contextlib import closing

import psutil
import pytest

from nnsight_guide.base.errors import GuideError
from nnsight_guide.idioms.idiom import IDIOMS_FOLDER
from nnsight_guide.run import side_by_side
from nnsight_guide.run.plan import Plan
from nnsight_guide.run.runner import Runner
from nnsight_guide.run.side_by_side import how_many_at_once, kernels_of, run_all
from tests.support.sites import IDIOM, REMOTE_TRACE, trace_remotely
from tests.support.snippets import printed

# A cell that ends when as many others wait with it as are asked for.
MEET = """
import time
from pathlib import Path

folder = Path("{folder}")
(folder / "{name}").touch()
end = time.monotonic() + 100
while len(list(folder.iterdir())) < {number}:
    assert time.monotonic() < end, "nobody else came"
    time.sleep(0.05)
print("met")
"""


@pytest.fixture
def on(monkeypatch):
    """Let this machine have so many processors, and so much free memory."""

    def have(processors, free_bytes=10**12):
        monkeypatch.setattr(side_by_side, "processors", lambda: processors)
        monkeypatch.setattr(side_by_side, "free_bytes", lambda: free_bytes)

    return have


@pytest.fixture
def idioms(project):
    folder = project.snippets / IDIOMS_FOLDER
    folder.mkdir()
    (folder / "same.py").write_text(IDIOM)
    return folder


def meeting(folder, name, number):
    folder.mkdir(exist_ok=True)
    return MEET.format(folder=folder, name=name, number=number)


def run(project, profile):
    """Run what is stale; return what has run and the kernels that are left."""
    with closing(Runner(project)) as runner:
        ran = runner.run_stale(Plan(project, profile))
        return ran, list(runner.kernels.running)


def recorded(project):
    """Return all recordings, without what always varies."""
    folder = project.cache / "recordings"
    found = {}
    for path in sorted(folder.rglob("*.*")):
        content = json.loads(path.read_text())
        content["metadata"]["guide"].pop("digest")
        content["metadata"]["guide"]["provenance"].pop("seconds", None)
        found[path.relative_to(folder)] = content
    return found


@pytest.mark.local
def test_snippets_the_stand_in_and_idioms_are_at_work_at_once(
    project, profile, idioms, tmp_path_factory, on
):
    on(processors=4)
    trace_remotely(project)
    together = tmp_path_factory.mktemp("together") / "folder"
    for name in ("first", "second"):  # each in a kernel of its own
        code = meeting(together, name, 4)
        (project.snippets / f"{name}.py").write_text(f"# %% meet{code}")
    away = (
        REMOTE_TRACE.replace("ask", 'ask tags=["remote"]')
        + "\n# %% meet"
        + meeting(together, "away", 4)
    )
    (project.snippets / "away.py").write_text(away)
    code = meeting(together, "idiom", 4)
    (idioms / "meets.py").write_text(f'"""Met\n\nAll.\n"""\n\n# %% then\n{code}\n# %% now\n{code}')

    ran, kernels = run(project, profile)
    assert sorted(ran.snippets) == ["away", "first", "model", "second"]
    assert sorted(ran.idioms) == ["meets", "same"]
    assert printed(project, profile, "away", "meet") == "met\n"
    assert kernels == [("demo", 0)], "an author's next edit needs one, and no other"


@pytest.mark.local
@pytest.mark.usefixtures("idioms")
def test_torch_takes_one_processor_beside_others_and_all_of_them_alone(
    project, profile, on, monkeypatch
):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    on(processors=2)
    snippet = project.snippets / "threads.py"
    snippet.write_text("# %% count\nimport torch\n\nprint(torch.get_num_threads())\n")
    with closing(Runner(project)) as runner:
        runner.run_stale(Plan(project, profile))
        assert printed(project, profile, "threads", "count") == "1\n"
        snippet.write_text(snippet.read_text() + "# an edit\n")
        assert runner.run_stale(Plan(project, profile)).snippets == ["threads"]
        assert printed(project, profile, "threads", "count") == "2\n"
        [(_, again)] = runner.run(Plan(project, profile), ["threads"])
    assert again.cell("count")["outputs"][0]["text"] == "2\n"


@pytest.mark.local
@pytest.mark.usefixtures("idioms")
def test_a_snippet_that_fails_beside_others_leaves_its_kernel_to_the_next(project, profile, on):
    on(processors=2)
    snippet = project.snippets / "a_first.py"
    snippet.write_text("# %% fail\n1 / 0\n")
    with closing(Runner(project)) as runner:
        with pytest.raises(GuideError, match="division by zero"):
            runner.run_stale(Plan(project, profile))
        kernel = runner.kernels.running["demo", 0]
        snippet.write_text("# %% fail\nprint(1)\n")
        runner.run_stale(Plan(project, profile))
        assert runner.kernels.running["demo", 0] is kernel


@pytest.mark.local
def test_a_snippet_that_sets_the_number_of_threads_is_named_where_it_runs_alone(
    project, profile, monkeypatch
):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    code = "# %% set\nimport torch\n\ntorch.set_num_threads(1)\n"
    (project.snippets / "sets.py").write_text(code)
    with closing(Runner(project)) as runner:
        plan = Plan(project, profile)
        with pytest.raises(GuideError, match="changes the number of torch's threads"):
            list(runner.run(plan, ["sets"]))


@pytest.mark.local
def test_what_runs_at_once_gives_what_it_gives_one_after_another(project, profile, idioms, on):
    (project.snippets / "draws.py").write_text("# %% draw\nimport torch\n\nprint(torch.rand(3))\n")
    on(processors=1)
    run(project, profile)
    in_turn = recorded(project)
    for path in (project.cache / "recordings").rglob("*.*"):
        path.unlink()
    on(processors=8)
    run(project, profile)
    assert recorded(project) == in_turn
    assert len(in_turn) == 5


@pytest.mark.local
def test_one_bar_counts_all_and_names_what_is_at_work(project, profile, idioms, on, capfd):
    on(processors=4)
    run(project, profile)
    said = capfd.readouterr().err.replace("\r", "\n").splitlines()
    assert "4/4" in said[-1]
    assert any("idioms, snippets/" in line for line in said)
    counts = [int(line.split("/4 ")[0].split()[-1]) for line in said if "/4 " in line]
    assert counts == sorted(counts)
    assert {0, 4} <= {*counts}


@pytest.mark.local
def test_an_error_of_one_stops_the_others_and_is_all_that_is_said(
    project, profile, idioms, on, capfd
):
    on(processors=4)
    (project.snippets / "first.py").write_text("# %% fail\n1 / 0\n")
    (project.snippets / "second.py").write_text("# %% wait\nimport time\n\ntime.sleep(300)\n")
    slow = IDIOM.replace("print(16)", "import time; time.sleep(300)")
    (idioms / "slow.py").write_text(slow)
    begin = time.monotonic()
    with pytest.raises(GuideError) as error:
        run(project, profile)
    assert str(error.value) == (
        "snippets/first.py, line 2, cell 'fail': ZeroDivisionError: division by zero"
    )
    assert time.monotonic() - begin < 100
    running = [" ".join(child.cmdline()) for child in psutil.Process().children(recursive=True)]
    assert [command for command in running if "idioms.processes" in command] == []
    assert "Error" not in capfd.readouterr().err

    (project.snippets / "first.py").write_text("# %% fail\nprint(1)\n")
    for path in (project.snippets / "second.py", idioms / "slow.py"):
        path.unlink()
    assert "first" in run(project, profile)[0].snippets


@pytest.mark.parametrize(
    ("processors", "free_gb", "at_once"),
    [(1, 100, 1), (2, 100, 2), (2, 5, 2), (2, 4.9, 1), (16, 11, 4), (16, 0, 1)],
)
def test_as_much_runs_at_once_as_processors_and_memory_allow(
    profile, on, processors, free_gb, at_once
):
    on(processors, int(free_gb * 1e9))
    assert how_many_at_once(profile) == (at_once if profile.name == "demo" else 1)


def test_a_model_that_is_not_the_demo_has_the_memory_to_itself(on, profile):
    on(processors=16)
    local = type(profile)(**{**vars(profile), "name": "local"})
    assert how_many_at_once(local) == 1


@pytest.mark.parametrize(
    ("at_once", "snippets", "kernels"), [(1, 9, 1), (2, 9, 1), (4, 9, 2), (9, 2, 2), (9, 0, 0)]
)
def test_there_are_no_more_kernels_than_snippets_or_processors_for_them(at_once, snippets, kernels):
    assert kernels_of(at_once, snippets) == kernels


@pytest.mark.parametrize("at_once", [1, 2])
def test_the_first_error_is_raised_when_all_others_have_ended(at_once):
    ended = []

    async def fails():
        await asyncio.sleep(0)
        raise GuideError("the first")

    async def goes_on():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            ended.append("put away")
            raise GuideError("not this one") from None

    with pytest.raises(GuideError, match=r"^the first$"):
        asyncio.run(run_all([fails, goes_on], at_once))
    assert ended == (["put away"] if at_once == 2 else [])


def test_ctrl_c_ends_all_of_them_as_it_ends_one():
    ended = []

    async def goes_on():
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("put away")

    async def interrupted():
        asyncio.get_running_loop().call_soon(asyncio.current_task().cancel)
        await run_all([goes_on, goes_on], 2)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(interrupted())
    assert ended == ["put away"] * 2
