import copy
import html
import json
import re

import pytest
from bs4 import BeautifulSoup, Tag

from nnsight_guide.base.errors import GuideError
from nnsight_guide.html.figures import COMPONENT, MIME, figure_html, text_alternative
from nnsight_guide.html.render import cell_html, shown_html

TOKENS = ["The", " E", "iff", "el", " Tower", " is"]
N = len(TOKENS)


def causal(weight):
    """A pattern whose rows sum to 1, from what each position gives to each one so far."""
    rows = [[weight(i, j) if j <= i else 0 for j in range(N)] for i in range(N)]
    return [[value / sum(row) for value in row] for row in rows]


TO_PREVIOUS = causal(lambda i, j: 10 if j == max(i - 1, 0) else 1)
TO_FIRST = causal(lambda i, j: 20 if j == 0 else 1)
TO_ITSELF = causal(lambda i, j: 30 if j == i else 1)
TO_ALL = causal(lambda i, j: 1)
# Somewhere else at every position: no habit.
TO_TOWER_AT_LAST = causal(lambda i, j: 12 if j == [0, 1, 0, 1, 4, 4][i] else 1)


def drawing(heads, tokens=TOKENS):
    return {"component": COMPONENT, "props": {"tokens": tokens, "attention": heads}}


def figure(heads, tokens=TOKENS) -> Tag:
    found = BeautifulSoup(figure_html(drawing(heads, tokens)), "html.parser").figure
    assert found is not None
    return found


def test_equal_drawings_give_equal_bytes_and_others_another_id():
    heads = [TO_FIRST, TO_ALL]
    first = figure_html(drawing(heads))
    assert figure_html(copy.deepcopy(drawing(heads))) == first
    assert figure(heads)["id"] != figure(heads[::-1])["id"]
    assert re.fullmatch(r"figure-[0-9a-f]{12}", str(figure(heads)["id"]))


def test_the_script_is_given_the_very_numbers():
    heads = [TO_FIRST, TO_ALL]
    box = figure(heads).select_one(".guide-figure-drawn")
    assert box["data-component"] == COMPONENT
    assert json.loads(str(box["data-props"])) == {"tokens": TOKENS, "attention": heads}


@pytest.mark.parametrize(
    "token",
    ["</script><script>alert(1)</script>", "</div></figure>", '" onload="x', "<!--", "&lt;"],
)
def test_no_token_gets_out_of_its_place(token):
    tokens = [token, *TOKENS[1:]]
    found = figure([TO_ALL], tokens)
    assert {tag.name for tag in found.find_all()} == {"div", "svg", "g", "text", "path", "rect"}
    assert found.find_all(onload=True) == []
    props = json.loads(str(found.select_one("[data-props]")["data-props"]))
    assert props["tokens"] == [html.escape(t, quote=False) for t in tokens]
    assert token in str(found.svg["aria-label"])


def test_white_space_is_shown_and_control_characters_are_left_out():
    found = figure([TO_ALL], ["\n", "\t", " ", "a\x00\x02b", "\x1b[0m", "é☕"])
    assert "“↵”, “⇥”, “ ”, “ab”, “[0m”, “é☕”" in str(found.svg["aria-label"])
    shown = [text.string for text in found.svg.find_all("text")][1:7]
    assert shown == ["↵", "⇥", "␣", "ab", "[0m", "é☕"]


def test_a_figure_stands_on_one_line_so_that_markdown_leaves_it_alone():
    assert "\n" not in figure_html(drawing([TO_ALL], ["\n\n", "\r", *TOKENS[2:]]))


def test_search_does_not_index_what_a_figure_says():
    assert figure([TO_ALL]).has_attr("data-search-exclude")


def test_the_still_picture_names_every_head_and_shades_every_cell():
    heads = [TO_PREVIOUS, TO_ALL] * 8
    svg = figure(heads).svg
    names = [text.string for text in svg.find_all("text", attrs={"font-weight": True})]
    assert names == [f"Head {i}" for i in range(16)]
    for shades, pattern in zip(svg.select("g[transform^=scale]"), heads, strict=True):
        drawn = {
            (int(i), int(j)): float(path["fill-opacity"])
            for path in shades.find_all("path")
            for j, i in re.findall(r"M(\d+) (\d+)h1v1h-1z", path["d"])
        }
        assert set(drawn) == {(i, j) for i in range(N) for j in range(i + 1)}
        for (i, j), opacity in drawn.items():
            assert opacity == pytest.approx(pattern[i][j], abs=0.026)


def test_tokens_too_narrow_for_a_label_have_none():
    many = [[[1.0] + [0.0] * 39 for _ in range(40)]]
    texts = figure(many, ["a"] * 40).svg.find_all("text")
    assert [text.string for text in texts] == ["Head 0"]


def test_the_text_alternative_names_what_each_head_does():
    heads = [TO_PREVIOUS, TO_FIRST, TO_ITSELF, TO_ALL, TO_TOWER_AT_LAST, TO_PREVIOUS]
    text = text_alternative(TOKENS, heads)
    assert text.startswith("Attention patterns of 6 heads over 6 tokens: “The”, “ E”, “iff”")
    assert "Mostly at the previous token: heads 0, 5." in text
    assert "Mostly at the first token: head 1." in text
    assert "Mostly at the token itself: head 2." in text
    assert "Spread over the tokens so far: head 3." in text
    assert f"head 4 at 4 “ Tower” ({heads[4][5][4]:.2f})" in text


def test_the_text_alternative_claims_no_habit_where_there_is_none():
    text = text_alternative(TOKENS, [TO_TOWER_AT_LAST])
    assert "1 head over" in text
    assert "Mostly" not in text
    assert "Spread" not in text
    # With two tokens the previous one is the first: nothing can be told apart.
    assert "Mostly" not in text_alternative(["a", "b"], [[[1.0, 0.0], [0.9, 0.1]]])


@pytest.mark.parametrize(
    ("attention", "complaint"),
    [
        ([[TO_ALL]], "shape (1, 1, 6, 6) for 6 tokens"),
        (TO_ALL, "shape (6, 6) for 6 tokens"),
        ([[[1.0]]], "shape (1, 1, 1) for 6 tokens"),
        ([], "shape (0,) for 6 tokens"),
        ([[[float("nan")] * N] * N], "between 0 and 1"),
        ([[[-3.5] * N] * N], "after the softmax"),
    ],
)
def test_attention_that_would_be_drawn_wrongly_is_refused_with_a_remedy(attention, complaint):
    with pytest.raises(GuideError, match=re.escape(complaint)):
        figure_html(drawing(attention))


def test_another_component_is_refused_by_name():
    with pytest.raises(GuideError, match="not ColoredTokens"):
        figure_html({"component": "ColoredTokens", "props": {}})


def test_an_output_with_a_drawing_is_rendered_as_a_figure_and_its_text_is_not():
    made = drawing([TO_ALL])
    data = {MIME: made, "text/plain": "plain text"}
    output = {"output_type": "execute_result", "data": data, "metadata": {}}
    assert shown_html([output]) == figure_html(made)
    block = cell_html("draw()", [output], data={}, title="a.py", href="a.py")
    assert figure_html(made) in block
    assert "plain text" not in block
