"""Recordings against the published facts."""

import pytest

from nnsight_guide.base.errors import GuideError
from nnsight_guide.html.published_facts import (
    ExpectedOutput,
    expected_outputs,
    published_facts,
    published_html,
)
from nnsight_guide.model.profiles import Profile
from nnsight_guide.recording import cells, recordings
from nnsight_guide.recording.committed import PROVENANCE, committed_path, with_run
from nnsight_guide.recording.recordings import Recording
from nnsight_guide.verify.facts import compare_with_facts, differences
from tests.support.snippets import edit

CONFIG = 'GPTJConfig {\n  "n_layer": 28,\n  "n_head": 16\n}\n'


GPT_J = "EleutherAI/gpt-j-6b"


def printed(text: str) -> list[dict[str, str]]:
    return [{"output_type": "stream", "name": "stdout", "text": text}]


def commit(project, text: str) -> None:
    """Lay a recording that is fresh to where the committed ones are."""
    notebook = cells.read_notebook(project.snippet_path("first"))
    for cell in notebook.cells:
        cell["outputs"] = printed(text)
    made = dict.fromkeys(PROVENANCE, "") | {"model": GPT_J, "seconds": {}}
    parts = recordings.key_parts(project, "first", Profile("local", GPT_J, "1"))
    guide = {"key_parts": parts, "provenance": made}
    recording = Recording({**notebook, "metadata": {"guide": guide}})
    file = with_run(project, "first", recording, None, {}, None)
    file.save(committed_path(project, "first"))


def fact(text: str, **options) -> ExpectedOutput:
    return ExpectedOutput("first", "ask", text, **options)


@pytest.mark.parametrize(
    "text", ['"n_layer": 28', '"n_head": 16', '"n_layer": 28\n"n_head": 16', "GPTJConfig {"]
)
def test_a_fact_that_stands_in_the_output_as_whole_lines_holds(text):
    assert differences(fact(text), GPT_J, printed(CONFIG)) == []


@pytest.mark.parametrize(
    "text", ['"n_layer": 2', '"n_layer"', '"n_head": 16\n"n_layer": 28', '"n_layer": 29']
)
def test_a_part_of_a_line_or_another_order_is_no_fact(text):
    assert len(differences(fact(text), GPT_J, printed(CONFIG))) == 1


def test_a_difference_names_snippet_cell_and_model_what_was_published_and_what_recorded():
    assert differences(fact('"n_layer": 29'), "random-gptj", printed(CONFIG)) == [
        "first/ask (random-gptj): published '\"n_layer\": 29', recorded '\"n_layer\": 28'"
    ]


def test_a_difference_is_one_line_even_where_the_fact_is_not():
    [line] = differences(fact("[1,\n2]"), GPT_J, printed("[1,\n 3]\n"))
    assert "\n" not in line
    assert line.endswith(r"published '[1,\n2]', recorded '[1\n3]'")


def test_a_cell_that_printed_nothing_or_does_not_exist_differs():
    assert differences(fact("1"), GPT_J, printed(""))[0].endswith("recorded nothing")
    [line] = differences(ExpectedOutput("first", "aks", "1"), GPT_J, None)
    assert line.endswith("recorded: there is no such cell")


def test_without_committed_recordings_it_says_so(project):
    report = compare_with_facts(project, [fact("1")])
    assert report.notes[0].startswith("there are no committed recordings")
    assert report.lines()[-1].startswith("0 facts compared with committed recordings, 0 with")


def test_committed_recordings_are_compared_and_counted(project):
    commit(project, "28\n")
    report = compare_with_facts(project, [fact("28"), fact("29"), fact("30")])
    assert report.with_committed == 3
    assert [line.split(", ")[0] for line in report.differences] == [
        "first/ask (EleutherAI/gpt-j-6b): published '29'",
        "first/ask (EleutherAI/gpt-j-6b): published '30'",
    ]


def test_a_stale_recording_is_named_and_not_compared(project):
    commit(project, "28\n")
    edit(project, "first", "argmax", "argmin")
    report = compare_with_facts(project, [fact("29")])
    assert report.differences == []
    assert report.notes == [
        "first: the committed recording is stale (ask: cell 'ask' changed): not compared"
    ]


def test_what_holds_for_any_model_is_compared_with_the_demos_recording_too(
    project, profile, command
):
    expected = [fact("6342", any_model=True), fact("6343", any_model=True), fact("1")]
    report = compare_with_facts(project, expected)
    assert "the demo's recording is stale: not compared; run it with" in report.notes[1]

    assert command("nnsight_guide", "run", "first", cwd=project.root).returncode == 0
    report = compare_with_facts(project, expected)
    assert report.with_demo == 2
    assert report.differences == [
        "first/ask (nnsight-guide/gptj-demo): published '6343', recorded '6342'"
    ]


def test_a_snippet_that_does_not_exist_is_an_error(project):
    with pytest.raises(GuideError, match="there is no snippet 'frist'"):
        compare_with_facts(project, [ExpectedOutput("frist", "ask", "1")])


def test_every_fact_names_a_cell_of_the_guide(root):
    for expected in expected_outputs():
        path = root / "snippets" / f"{expected.snippet}.py"
        assert expected.cell in cells.first_lines(path.read_text()), expected


def test_what_a_chapter_shows_as_published_is_compared():
    told = "\n".join(expected.text for expected in expected_outputs())
    described = {"prompt", "layer"}  # what goes in, not what comes out
    for section in published_facts().values():
        for name, value in section.items():
            spelled = {str(value), f"{value:,}" if isinstance(value, int) else str(value)}
            assert name in described or any(text in told for text in spelled), name


def test_which_cell_prints_a_fact_is_no_table_to_show():
    assert "outputs" not in published_facts()
    with pytest.raises(GuideError, match="no section 'outputs'"):
        published_html("outputs")


@pytest.mark.usefixtures("first_build")  # which finds nothing recorded, as tests of it expect
def test_the_command_exits_with_1_at_a_difference_and_names_it(checkout, command):
    environment = {"PYTHONPATH": str(checkout / "src")}
    done = command("nnsight_guide", "verify", cwd=checkout, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "9 with the demo's (those that hold for any model): 0 differ" in done.stdout

    path = checkout / ".cache/nnsight-guide/recordings/demo/tokenizer_basics.ipynb"
    good = path.read_text()
    made = Recording.load(path)
    made.cell("decode")["outputs"][0]["text"] = "I never could get the hang of Fridays.\n"
    made.save(path)
    try:
        done = command("nnsight_guide", "verify", cwd=checkout, **environment)
    finally:
        path.write_text(good)
    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == (
        "tokenizer_basics/decode (nnsight-guide/gptj-demo): published 'I never could get the hang "
        "of Thursdays.', recorded 'I never could get the hang of Fridays.'"
    )
