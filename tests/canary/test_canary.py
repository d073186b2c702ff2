"""The canary: what it observes, what it calls a change, what it records and shows."""

import json
import sys
from dataclasses import replace
from importlib.metadata import version

import pytest
from bs4 import BeautifulSoup

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import Project
from nnsight_guide.canary import __main__ as canary
from nnsight_guide.canary import changes, environment, observation, summary, ways_round
from nnsight_guide.canary.changes import CanaryRun, Change, WayRound
from nnsight_guide.canary.observation import Observation
from nnsight_guide.canary.ways_round import Way
from nnsight_guide.idioms import idiom
from nnsight_guide.idioms.idiom import Idiom
from nnsight_guide.idioms.processes import Finished
from tests.support.sites import IDIOM

ERROR = '"""A\n\nWhy.\n\nTrue.\n"""\n\n# %% fails\nprint(1 / 0)\n\n# %% works\nnever\n'
SIXTEEN = Finished(0, "16\n", "")
SILENT = Finished(0, "", "")
BROKEN = "today's code fails: Exception: Impossible to guess which tokenizer to use."
OLD = Observation(
    versions={"Python": "3.11.7", "nnsight": "0.8.1", "transformers": "5.22.2"},
    idioms={"a": "works; now prints 16", "b": "differs; then prints 4; now prints 16"},
    tests={"test_x::test_one": "passes", "test_x::test_two": "passes", "test_y::test": "passes"},
)
NEW = replace(
    OLD,
    versions={**OLD.versions, "transformers": "5.23.0"},
    idioms={**OLD.idioms, "a": BROKEN},
    tests={"test_x": "error: Exception: no", "test_y::test": "passes"},
)
RUN = CanaryRun(
    date="2026-11-24",
    held=("torch==2.13.0",),
    pinned=OLD.versions,
    newest=NEW.versions,
    n_idioms=2,
    n_tests=3,
    changes=changes.between(OLD, NEW),
    ways_round=(WayRound("dispatch=True", ()),),
)


def test_the_same_twice_is_no_change():
    assert changes.between(OLD, OLD) == []
    assert changes.between(OLD, replace(OLD, versions=NEW.versions)) == []


def test_a_change_holds_the_old_beside_the_new():
    assert RUN.changes[0] == Change("idiom", "a", "works; now prints 16", BROKEN)


def test_tests_of_a_module_that_cannot_be_imported_have_the_modules_fault():
    assert [change for change in RUN.changes if change.kind == "test"] == [
        Change("test", "test_x::test_one", "passes", "error: Exception: no"),
        Change("test", "test_x::test_two", "passes", "error: Exception: no"),
    ]


def test_what_is_gone_or_new_is_a_change():
    found = changes.between(OLD, replace(OLD, idioms={"a": OLD.idioms["a"], "c": "works"}))
    assert [(change.name, change.old, change.new) for change in found] == [
        ("b", OLD.idioms["b"], "is not there"),
        ("c", "is not there", "works"),
    ]


def test_a_change_goes_back_to_the_library_that_undoes_it_when_it_is_put_back():
    found = RUN.changes
    told = changes.attributed(found, {"transformers": [], "torch": found, "numpy": found[1:]})
    assert told[0].libraries == ("transformers", "numpy")
    assert {change.libraries for change in told[1:]} == {("transformers",)}


def test_only_libraries_that_moved_are_put_back():
    assert changes.moved(OLD, NEW) == ["transformers"]


@pytest.mark.parametrize(
    ("then", "now", "told"),
    [
        (SIXTEEN, SIXTEEN, "works; now prints 16"),
        (Finished(0, "4\n5\n", ""), SIXTEEN, "differs; then prints 4 5; now prints 16"),
        (Finished(1, "", "NameError: x"), SIXTEEN, "fails: NameError: x; now prints 16"),
        (SILENT, SILENT, "works; now prints nothing"),
        (SILENT, Finished(1, "", "T\nNameError: y\n"), "today's code fails: NameError: y"),
    ],
)
def test_an_idiom_is_told_of_in_words_whatever_becomes_of_it(then, now, told):
    assert observation.in_words(Idiom("x", "X", "why", "", "", ""), then, now) == told


def test_a_checkouts_tests_idioms_and_errors_are_really_run(project, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTEST_ADDOPTS", "--of-a-plugin-that-is-not-there")
    folder = project.snippets / "from_2024"
    folder.mkdir()
    (folder / "same.py").write_text(IDIOM)
    (project.snippets / "errors").mkdir()
    (project.snippets / "errors" / "wrong.py").write_text(ERROR)
    (folder / "bad.py").write_text(IDIOM.replace("print(4 * 4)", "never"))
    tests = project.root / "tests" / "snippets"
    tests.mkdir(parents=True)
    (tests / "test_good.py").write_text("def test_one(): pass\n")
    (tests / "test_bad.py").write_text("def test_two():\n    assert 1 == 2\n")
    (tests / "test_gone.py").write_text("import nothing_of_this_name\n\ndef test_three(): pass\n")
    seen = environment.observe_in(sys.executable, project)
    assert seen.idioms == {
        "bad": "today's code fails: NameError: name 'never' is not defined",
        "same": "works; now prints 16",
        "wrong": "the code that should work fails: NameError: name 'never' is not defined",
    }
    assert seen.tests == {
        "test_bad::test_two": "failure: assert 1 == 2",
        "test_gone": "error: ModuleNotFoundError: No module named 'nothing_of_this_name'",
        "test_good::test_one": "passes",
    }
    assert seen.versions["transformers"] == version("transformers")


def test_what_cannot_be_observed_is_one_line(project):
    with pytest.raises(GuideError, match=r"^the canary could not observe: tests/snippets holds"):
        environment.observe_in(sys.executable, project)


def test_the_newest_of_everything_that_is_asked_for_is_installed_without_a_limit(root):
    asked = environment.required(root / "pyproject.toml")
    assert {"nnsight", "torch", "transformers", "mkdocs-material", "pytest"} <= set(asked)
    assert "mkdocstrings[python]" in asked
    assert not [line for line in asked if set("=<>! ") & set(line)]


def test_a_copy_of_the_checkout_is_all_that_a_run_needs(root, tmp_path):
    copied = environment.copy(Project(root), tmp_path / "copy")
    assert Project.find(copied.root) == copied
    assert copied.snippet_names() == Project(root).snippet_names()
    assert not (copied.root / ".cache").exists()


LOADS = """\
model = TransformersModel(
    MODEL_ID,
    task="text-generation",
)
# encoder = nnsight.LanguageModel(
#     MODEL_ID, task="x"
# )
other = TransformersModelTwo(MODEL_ID)
"""
WAY = Way("dispatch=True", lambda name, source: source.replace("other", name))


def test_a_way_round_goes_into_every_load_in_comments_as_well():
    changed, n_loads = WAY.applied("another", LOADS)
    assert n_loads == 2
    assert changed.replace(", dispatch=True", "") == LOADS.replace("other", "another")
    assert changed.count("MODEL_ID, dispatch=True,") == 2


def test_a_module_that_loads_no_model_stays_as_it_is():
    assert WAY.applied("another", "x = 1\n") == ("x = 1\n", 0)


def test_each_way_round_goes_into_the_guides_own_loads(root, tmp_path):
    for number, way in enumerate(ways_round.KNOWN.values()):
        copied = environment.copy(Project(root), tmp_path / str(number))
        n_loads = ways_round.apply(way, copied.snippets.rglob("*.py"))
        assert n_loads >= 8
        for path in copied.snippets.rglob("*.py"):
            compile(path.read_text(), path.name, "exec")
        assert len([*map(idiom.read_idiom, idiom.idiom_paths(copied, ["from_2024"]).values())]) > 20


def test_a_way_round_is_known_by_what_the_breakage_says():
    said = "error: AttributeError: 'Envoy' object (nor its module) has attribute 'attn_dropout'"
    (way,) = ways_round.known([Change("test", "x::y", "passes", said)])
    assert way.argument == 'attn_implementation="eager"'
    assert ways_round.known(RUN.changes) == []


def test_a_run_is_told_with_the_old_beside_the_new_and_what_helps():
    found = replace(RUN, changes=changes.attributed(RUN.changes, {"transformers": []}))
    told = changes.report_lines(found)
    assert "  transformers   5.22.2     → 5.23.0" in told
    assert "Changed: 1 of 2 idioms and 2 of 3 tests of the snippets." in told
    assert f"new (transformers): {BROKEN}" in told
    assert "  idiom a; old: works; now prints 16" in told
    assert told[-1].startswith("With dispatch=True at every load: 0 of 2 idioms")


def test_a_run_in_which_nothing_changed_says_so():
    assert changes.report_lines(replace(RUN, changes=(), ways_round=()))[-1] == (
        "Nothing changed: 2 idioms and 3 tests of the snippets do what they did."
    )


def test_a_run_is_kept_whole(tmp_path):
    changes.save_run(RUN, tmp_path / "2026-11-24.json")
    changes.save_run(replace(RUN, date="2026-12-01"), tmp_path / "2026-12-01.json")
    later, loaded = changes.load_runs(tmp_path)
    assert (later.date, loaded.date) == ("2026-12-01", "2026-11-24")
    assert list(loaded.changes) == RUN.changes
    assert loaded.ways_round == RUN.ways_round
    assert (loaded.pinned, loaded.newest) == (RUN.pinned, RUN.newest)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"changes": [], "ways_round": []}'])
def test_a_damaged_run_is_named_with_the_remedy(tmp_path, content):
    (tmp_path / "2026-11-24.json").write_text(content)
    with pytest.raises(GuideError, match=r"canary/runs/2026-11-24\.json cannot be read: restore"):
        changes.load_runs(tmp_path)


@pytest.mark.parametrize(("found", "status"), [(RUN, 1), (replace(RUN, changes=()), 0)])
def test_the_exit_status_is_red_only_if_something_changed(
    project, monkeypatch, capsys, found, status
):
    monkeypatch.chdir(project.root)
    monkeypatch.setattr(canary, "run_canary", lambda _, held: replace(found, held=tuple(held)))
    assert canary.main(["--hold", "torch==2.13.0", "--hold", "numpy<3"]) == status
    (path,) = changes.folder(project).iterdir()
    assert json.loads(path.read_text())["held"] == ["torch==2.13.0", "numpy<3"]
    assert f"Recorded in src/nnsight_guide/canary/runs/{path.name}" in capsys.readouterr().out


def test_what_cannot_be_installed_is_one_line_and_another_status(project, monkeypatch, capsys):
    asked = 'dependencies = ["no-such-package-of-the-guide"]\noptional-dependencies = {}\n'
    (project.root / "pyproject.toml").write_text(f"[project]\n{asked}")
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert canary.main([]) == 2
    told = capsys.readouterr().err.splitlines()
    (line,) = [line for line in told if not line.startswith("canary: ")]
    assert line.startswith("nnsight_guide.canary: the canary could not install: ")
    assert "no-such-package-of-the-guide" in line
    assert not changes.folder(project).exists()


def parsed(*runs):
    return BeautifulSoup(summary.runs_html(runs), "html.parser")


def test_a_run_on_the_page_shows_versions_verdicts_and_every_change():
    found = parsed(RUN).select_one("section[data-canary='2026-11-24']")
    assert found.select_one(".guide-canary-title").text == (
        "24 November 2026: transformers 5.22.2 → 5.23.0"
    )
    rows = [[cell.text for cell in row.select("th, td")] for row in found.select("tbody tr")]
    assert rows[1:] == [["nnsight", "0.8.1", "the same"], ["transformers", "5.22.2", "5.23.0"]]
    held = parsed(replace(RUN, held=("nnsight==0.8.1",))).select("tbody tr")[1]
    assert held.select("td")[1].text == "the same: it was held back"
    items = found.select(".guide-verdicts > li")
    assert [item["data-verdict"] for item in items] == ["warns", "works"]
    assert "dispatch=True" in items[1].text
    shown = found.select_one("details").text
    for change in RUN.changes:
        assert change.name in shown
        assert change.old in shown
        assert change.new in shown


def test_everything_changed_is_a_failure_and_nothing_is_none():
    everything = [Change("idiom", str(number), "a", "b") for number in range(5)]
    assert parsed(replace(RUN, changes=everything)).select_one("li")["data-verdict"] == "fails"
    quiet = parsed(replace(RUN, changes=(), ways_round=(), newest=RUN.pinned))
    assert quiet.select_one("li")["data-verdict"] == "works"
    assert quiet.select("details") == []


def test_all_text_is_escaped():
    markup = "<b>&amp;</b>"
    change = Change("test", markup, markup, markup, (markup,))
    run = replace(
        RUN,
        newest={**OLD.versions, "nnsight": markup},
        changes=[change],
        ways_round=[WayRound(markup, [change])],
    )
    html = summary.runs_html([run])
    assert markup not in html
    assert not BeautifulSoup(html, "html.parser").select("b")


def test_the_first_recorded_run_is_that_of_transformers_5_23():
    first = changes.load_runs(summary.RUNS)[-1]
    assert (first.pinned["nnsight"], first.newest["nnsight"]) == ("0.8.1", "0.8.1")
    assert first.newest["transformers"] == "5.23.0"
    assert any("Impossible to guess which tokenizer to use" in each.new for each in first.changes)
    assert {library for each in first.changes for library in each.libraries} == {"transformers"}
    assert [way.argument for way in first.ways_round] == [
        "tokenizer=AutoTokenizer.from_pretrained(MODEL_ID)",
        "dispatch=True",
    ]
    assert all(len(way.changes) < len(first.changes) / 10 for way in first.ways_round)
