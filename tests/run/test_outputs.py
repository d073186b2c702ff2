"""What a run printed, less what differs from machine to machine."""

from pathlib import Path

import nbformat
import pytest

from nnsight_guide.run.outputs import normalise

ROOT = Path("/home/somebody/guide")


def cleaned(text):
    cell = nbformat.v4.new_code_cell("", id="random", execution_count=9)
    cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)]
    notebook = nbformat.v4.new_notebook(cells=[cell])
    normalise(notebook, ROOT)
    return notebook.cells[0].outputs[0].text


@pytest.mark.parametrize(
    ("printed", "kept"),
    [
        ("plain\n", "plain\n"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("<Thing object at 0x7f4eb01068e0>", "<Thing object at 0x…>"),
        ("/tmp/ipykernel_12/34.py:1: UserWarning", "<cell>:1: UserWarning"),
        ("ValueError: boom (2202828530.py, line 3)", "ValueError: boom (<cell>, line 3)"),
        ("/usr/lib/python3/site-packages/torch/nn.py:3", "torch/nn.py:3"),
        (f"{ROOT}/snippets/model.py", "snippets/model.py"),
        (f"{Path.home()}/models", "~/models"),
    ],
)
def test_a_text_loses_what_belongs_to_the_machine_and_nothing_else(printed, kept):
    assert cleaned(printed) == kept


def test_ids_and_counts_are_those_of_a_first_run():
    cells = [
        nbformat.v4.new_code_cell("", execution_count=7),
        nbformat.v4.new_code_cell("", execution_count=8, metadata={"title": "ask"}),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    normalise(notebook, ROOT)
    assert [cell.id for cell in cells] == ["cell-1", "ask"]
    assert [cell.execution_count for cell in cells] == [1, 2]


def test_of_an_error_its_last_line_is_kept():
    error = nbformat.v4.new_output(
        "error", ename="NameError", evalue="no x", traceback=[f"{ROOT}/x.py", "NameError: no x"]
    )
    cell = nbformat.v4.new_code_cell("")
    cell.outputs = [error]
    normalise(nbformat.v4.new_notebook(cells=[cell]), ROOT)
    assert error.traceback == ["NameError: no x"]
