"""A snippet file → named cells."""

import pytest

from nnsight_guide.base.errors import GuideError
from nnsight_guide.recording.cells import first_lines, raises, read_notebook

SNIPPET = '''"""What it is about."""

from snippets.model import model

# %% ask
question = "?"

print(question)

# %% fail tags=["active-ipynb", "raises-exception"]
# print(answer)
'''


def named(path):
    return {cell.metadata.title: cell for cell in read_notebook(path).cells if cell.metadata}


@pytest.fixture
def snippet(tmp_path):
    path = tmp_path / "asking.py"
    path.write_text(SNIPPET)
    return path


def test_a_cell_has_the_name_that_follows_its_marker(snippet):
    assert list(named(snippet)) == ["ask", "fail"]


def test_a_cell_is_shown_as_it_stands_in_the_file(snippet):
    assert named(snippet)["ask"].source == 'question = "?"\n\nprint(question)'


def test_what_stands_above_the_first_named_cell_runs_but_has_no_name(snippet):
    first = read_notebook(snippet).cells[0]
    assert "from snippets.model import model" in first.source
    assert "title" not in first.metadata


def test_a_cell_that_fails_on_purpose_is_a_comment_to_python_and_code_to_jupyter(snippet):
    cell = named(snippet)["fail"]
    assert cell.source == "print(answer)"
    assert raises(cell)
    assert not raises(named(snippet)["ask"])


@pytest.mark.parametrize(
    "comment",
    ["# !touch x", "# %time x = 1", "# %matplotlib inline", "# cd /", "# ?print", "# # x"],
)
def test_a_comment_is_one_whatever_it_looks_like(tmp_path, comment):
    path = tmp_path / "commented.py"
    path.write_text(f"# %% ask\n{comment}\nx = 1\n{comment}\n")
    assert named(path)["ask"].source == f"{comment}\nx = 1\n{comment}"


def test_a_file_whose_lines_end_as_on_windows_has_the_same_cells(snippet):
    cells = [cell.source for cell in read_notebook(snippet).cells]
    snippet.write_bytes(SNIPPET.replace("\n", "\r\n").encode())
    assert [cell.source for cell in read_notebook(snippet).cells] == cells


def test_the_line_that_the_code_of_a_cell_starts_on_is_found():
    lines = SNIPPET.splitlines()
    starts = first_lines(SNIPPET)
    assert lines[starts["ask"] - 1] == 'question = "?"'
    assert lines[starts["fail"] - 1] == "# print(answer)"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"# %% a\nx = 1\n# %% a\nx = 2\n", r"two cells named 'a': rename one"),
        (b"# %% a\nx = (\n", r"asking\.py, line 2: '\(' was never closed"),
        (b"# %% a\nx = '\xff'\n", r"asking\.py is not UTF-8 text: byte 12 is wrong"),
        (b"# %% a\nx = 1\0\n", r"asking\.py, line \d: source code .* null bytes"),
        (b"", r"asking\.py has no cell: start one with a line '# %% name'"),
        (b"x = 1\n", r"asking\.py has no cell"),
    ],
    ids=["same name twice", "no Python", "no UTF-8", "a NUL", "empty", "no cell"],
)
def test_a_file_that_is_no_snippet_is_refused_with_the_reason(tmp_path, content, message):
    path = tmp_path / "asking.py"
    path.write_bytes(content)
    with pytest.raises(GuideError, match=message):
        read_notebook(path)
