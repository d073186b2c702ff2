"""What a run printed: as it was, less what a terminal obeys and the paths of this machine."""

from pathlib import Path

import nbformat
import pytest
from ipykernel.compiler import get_file_name

from nnsight_guide.base.machine_paths import machine_paths
from nnsight_guide.run import outputs

ROOT = Path("/home/somebody/guide")
NAMES = machine_paths(ROOT)
CELL = "print(1)"
CELL_FILE = get_file_name(CELL)


def cleaned(text):
    cell = nbformat.v4.new_code_cell(CELL, id="random", execution_count=9)
    cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)]
    notebook = nbformat.v4.new_notebook(cells=[cell])
    outputs.normalise(notebook, NAMES)
    return notebook.cells[0].outputs[0].text


@pytest.mark.parametrize(
    "printed",
    [
        "plain\n",
        "0xff0000",
        "<Thing object at 0x7f4eb01068e0>",
        "accuracy|50%|of all",
        "100%|██████████| 9/9",
        "⠋ braille ⠿",
        "(1.5s)",
        "[0123456789abcdef0123456789abcdef]",
        "1234567.py",
        "a\tb",
    ],
)
def test_what_only_looks_like_something_stays_as_it_was(printed):
    assert cleaned(printed) == printed


@pytest.mark.parametrize(
    ("printed", "kept"),
    [
        (f"{CELL_FILE}:1: UserWarning", "<cell>:1: UserWarning"),
        (f"ValueError: boom ({Path(CELL_FILE).name}, line 3)", "ValueError: boom (<cell>, line 3)"),
        (f'File "{CELL_FILE}", line 1', 'File "<cell>", line 1'),
        (f"{ROOT}/snippets/model.py", "snippets/model.py"),
    ],
    ids=["a warning", "the service", "a traceback", "a path"],
)
def test_a_path_of_this_machine_is_called_what_it_is_everywhere(printed, kept):
    assert cleaned(printed) == kept


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("one\r\ntwo", "one\ntwo"),
        ("10 %\r20 %\r", "20 %"),
        ("100 %\r20", "200 %"),
        ("loading\r\x1b[Kdone", "done"),
        ("12 %\b\b\b\b34 %", "34 %"),
        ("12\b", "12"),
        ("ab\b\x1b[Kc", "ac"),
        ("first\nab\b\b\bc", "first\ncb"),
        ("nul\0 and bell\x07", "nul and bell"),
    ],
)
def test_what_a_terminal_obeys_is_obeyed_and_the_last_state_of_a_line_stays(printed, shown):
    assert cleaned(printed) == shown


@pytest.mark.parametrize(
    ("data", "without_a_place"),
    [
        ({"text/plain": "3"}, []),
        ({"text/plain": "<a at 0x7f>", "text/html": "<b>"}, ["text/html"]),
        ({"text/plain": "a table", "text/html": "<table>"}, []),
        ({"text/plain": "<Figure object>", "image/png": "iVBORw0K"}, []),
        ({}, []),
        (
            {"text/plain": "<IPython.core.display.Markdown object>", "text/markdown": "*a*"},
            ["text/markdown"],
        ),
        (
            {"text/plain": "<__main__.f.<locals>.A object at 0x7f>", "text/html": "<b>"},
            ["text/html"],
        ),
        ({"application/vnd.plotly.v1+json": {}}, []),  # a heat map, or refused before
        (
            {"application/vnd.nnsight-guide.map+json": {}},
            ["application/vnd.nnsight-guide.map+json"],
        ),
        ({"image/png": "that is none"}, ["image/png"]),
        ({"text/latex": "$x$", "text/html": "x"}, ["text/html", "text/latex"]),
    ],
)
def test_what_no_page_can_show_is_named_by_its_kind(data, without_a_place):
    output = {"output_type": "display_data", "data": data}
    assert outputs.kinds_without_a_place(output) == without_a_place


def test_ids_and_counts_are_those_of_a_first_run():
    cells = [
        nbformat.v4.new_code_cell("", execution_count=7),
        nbformat.v4.new_code_cell("", execution_count=8, metadata={"title": "ask"}),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    outputs.normalise(notebook, NAMES)
    assert [cell.id for cell in cells] == ["cell-1", "ask"]
    assert [cell.execution_count for cell in cells] == [1, 2]


def test_of_an_error_its_last_line_is_kept():
    error = nbformat.v4.new_output(
        "error", ename="NameError", evalue="no x", traceback=[f"{ROOT}/x.py", "NameError: no x"]
    )
    cell = nbformat.v4.new_code_cell("")
    cell.outputs = [error]
    outputs.normalise(nbformat.v4.new_notebook(cells=[cell]), NAMES)
    assert error.traceback == ["NameError: no x"]
