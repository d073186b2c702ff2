"""What to write with newer libraries: under a block, and in a module that the canary runs."""

import re

import pytest
from bs4 import BeautifulSoup

from nnsight_guide.html import newer
from nnsight_guide.recording import cells
from nnsight_guide.recording.cells import is_for_second_model, is_remote
from tests.support.paths import ROOT


def line(source, name="some/cell"):
    return BeautifulSoup(newer.newer_html(name, source, "../versions/"), "html.parser").text


def test_a_line_says_what_to_write_instead_of_what():
    assert line("x = h[0].output[0].save()") == (
        "With transformers 5.24, write .output for .output[0]."
    )
    assert line("r.past_key_values\nh[0].output[0]\nh[1].output[0]") == (
        "With transformers 5.24, write .cache for .past_key_values and .output for .output[0]."
    )


def test_what_needs_another_load_says_so():
    assert line("attn.attn_dropout.input[0]").endswith(
        '.output[1] for .attn_dropout.input and attn_implementation="eager" where the model is '
        "loaded."
    )


@pytest.mark.parametrize(
    "source",
    [
        *("head.output[0, -1]", "x.output", "attn_dropout", ""),
        *("attn.output[0].save()", "h[0].attn.output[0]", "mlp.fc_in.output[0]"),  # no blocks
    ],
)
def test_what_can_stay_has_no_line(source):
    assert line(source) == ""
    assert newer.rewritten("some", source) == source


def test_where_the_weights_are_computed_is_found_under_its_new_name_and_with_another_load():
    assert line("attn.source.self__attn_0.source") == (
        "With transformers 5.24, write .attention_interface_1 for .self__attn_0 and "
        'attn_implementation="eager" where the model is loaded.'
    )


def test_a_cell_that_shows_what_is_gone_says_what_is_there():
    assert line("anything", "trace_and_save/look_inside") == (
        "With transformers 5.24, the output of a block is its tensor alone."
    )


def test_a_module_is_rewritten_without_the_cells_that_would_stop_it():
    rest = "# %% rest\nh[0].attn.attn_dropout.input[0]\n"
    for tags in ("", ' tags=["raises-exception"]'):
        source = f"import x\n\n# %% dropout_and_head{tags}\nprint(1)\n\n{rest}"
        assert newer.rewritten("input_and_output", source) == (
            "import x\n\n# %% rest\nh[0].attn.output[1][0]\n"
        )


def test_a_cell_about_another_model_stays_and_the_others_of_its_module_do_not():
    ask = "x.attn_dropout.input\n\n"
    source = f"{ask}# %% names\n{ask}# %% out_of_order tags=[]\n{ask}# %% how_to_tell\n{ask}"
    kept = source.replace(ask, "x.output[1]\n\n").replace(
        "tags=[]\nx.output[1]", "tags=[]\nx.attn_dropout.input"
    )
    assert newer.rewritten("architectures", source) == kept


def test_a_cell_about_another_model_has_no_line_but_on_what_changed_for_all():
    all_models = (
        "With transformers 5.24, write .cache for .past_key_values and cache= for past_key_values=."
    )
    paths = [path for path in ROOT.glob("snippets/*.py") if is_for_second_model(path)]
    for path in [*paths, ROOT / "snippets" / "architectures.py"]:
        for cell in cells.read_notebook(path).cells:
            name = f"{path.stem}/{cell.metadata.get('title')}"
            assert line(cell.source, name) in ("", all_models), name


def test_every_cell_that_is_named_is_there():
    for name in (*newer.GONE, *newer.NOT_GPT_J):
        snippet, _, cell = name.partition("/")
        path = ROOT / "snippets" / f"{snippet}.py"
        assert re.search(rf"^# %% {cell}( |$)", path.read_text(), re.MULTILINE)
        assert not is_remote(path)


def test_the_table_has_a_row_for_everything_that_is_rewritten():
    table = BeautifulSoup(newer.newer_table_html(), "html.parser")
    rows = [[cell.text for cell in row.select("td")] for row in table.select("tbody tr")]
    assert rows == [list(pair) for pair in newer.REWRITES.items()]
