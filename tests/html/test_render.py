"""A cell and its outputs → HTML."""

import pygments
from bs4 import BeautifulSoup

from nnsight_guide.html import provenance
from nnsight_guide.html.render import cell_html, code_html, output_text

STREAM = {"output_type": "stream", "name": "stdout", "text": "<b>1 & 2</b>\n"}
ERROR = {"output_type": "error", "ename": "NameError", "evalue": "no x", "traceback": []}
RESULT = {"output_type": "execute_result", "data": {"text/plain": "3", "text/html": "<i>3</i>"}}


def block(source="x = 1 < 2", outputs=(STREAM,), **options):
    html = cell_html(
        source,
        outputs,
        data={"snippet": "first", "cell": "ask"},
        title="snippets/first.py",
        href="../downloads/first.py",
        **options,
    )
    return BeautifulSoup(html, "html.parser").select_one(".guide-cell")


def test_the_source_can_be_copied_as_it_stands():
    source = 'if x < 1:\n    print("é & <b>")\n\n# end'
    assert block(source).select_one(".highlight code").text.rstrip("\n") == source


def test_the_same_code_is_coloured_once_and_another_caption_is_shown(monkeypatch):
    coloured, highlight = [], pygments.highlight

    def counted(code, *rest):
        coloured.append(code)
        return highlight(code, *rest)

    monkeypatch.setattr(pygments, "highlight", counted)
    code_html.cache_clear()
    assert block("a = 1") == block("a = 1") != block("a = 2")
    assert coloured == ["a = 1", "a = 2"]
    assert "here" in code_html("a = 1", "here")


def test_the_file_is_named_above_the_source_and_leads_to_it():
    link = block().select_one(".highlight .filename a")
    assert (link.text, link["href"]) == ("snippets/first.py", "../downloads/first.py")


def test_the_block_says_which_cell_it_is():
    assert block()["data-snippet"] == "first"
    assert block()["data-cell"] == "ask"


def test_what_was_printed_is_text_whatever_it_looks_like():
    output = block().select_one(".guide-output")
    assert output.text == "<b>1 & 2</b>"
    assert output.find("b") is None


def test_html_of_a_result_is_not_inserted():
    assert block(outputs=[RESULT]).select_one(".guide-output").text == "3"
    assert block(outputs=[RESULT]).find("i") is None


def test_an_error_is_its_last_line():
    assert output_text(ERROR) == "NameError: no x"


def test_a_cell_that_prints_nothing_has_no_output():
    assert block(outputs=[]).select_one(".guide-output") is None
    assert block(outputs=[{**STREAM, "text": "\n"}]).select_one(".guide-output") is None


def test_an_output_can_be_folded_away():
    output = block(fold="All & everything").select_one(".guide-output details")
    assert output.summary.text == "All & everything"
    assert output.pre.text == "<b>1 & 2</b>"


def test_an_output_is_not_offered_for_copying():
    assert "no-copy" in block().select_one(".guide-output pre")["class"]


MADE = {
    "profile": "demo",
    "model": "some/model",
    "dtype": "bfloat16",
    "device": "cpu",
    "date": "2026-01-02",
    "versions": {"nnsight": "1", "torch": "2", "transformers": "3", "accelerate": "4"},
}


def test_the_provenance_names_model_versions_and_date_once():
    lines = BeautifulSoup(provenance.on_page([MADE, MADE]), "html.parser").find_all("p")
    assert [line.text for line in lines] == [
        "Outputs on this page: some/model in bfloat16 on cpu, nnsight 1, torch 2, transformers 3; "
        "run on 2026-01-02."
    ]


def test_of_several_dates_the_last_is_named():
    assert "2026-03-04" in provenance.on_page([{**MADE, "date": "2026-03-04"}, MADE])


def test_two_models_have_a_line_each():
    assert provenance.on_page([MADE, {**MADE, "model": "another"}]).count("<p") == 2
