"""What a page says by its style or by a click stands in its Markdown as text."""

import pytest
from bs4 import BeautifulSoup

from nnsight_guide.html.live import START, live_html
from nnsight_guide.html.maps import Map, map_html
from nnsight_guide.html.render import output_html
from nnsight_guide.site.markdown_pages import preprocess

TABS = (
    '<div class="tabbed-set"><input><input><div class="tabbed-labels"><label>One</label>'
    '<label>Two</label></div><div class="tabbed-content"><div class="tabbed-block"><p>1</p></div>'
    '<div class="tabbed-block"><p>2</p></div></div></div>'
)
LIVE = live_html(["heads"], start=START, base="..", model="m", page="p", still="<p>Not this.</p>")
FIGURE = '<figure class="guide-figure"><svg role="img" aria-label="Heads."><g/></svg></figure>'
MAP = map_html(
    Map(
        "A map", "token", [" a", "b|"], "layer", ["0"], "share", [[0.5, 1.0]], ".1f", None, 1, False
    )
)
IDIOMS = (
    '<table class="guide-idioms"><thead><tr><th>Idiom</th><th>Then</th></tr></thead><tbody><tr>'
    '<th><span class="guide-idiom-title">Old</span></th><td><pre>x</pre></td></tr></tbody></table>'
)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (output_html("<pre>1</pre>"), "Output:|1"),
        (TABS, "One|1|Two|2"),
        (FIGURE, "Figure: Heads."),
        (LIVE, "Figure: the demo model, which runs in a browser that has this page open."),
        (IDIOMS, "Old|Then|x"),
        (
            MAP,
            "Figure: A map. A map of share: a row for each layer, a column for each token. Largest "
            "1.0 at layer 0, token b|.|layer ↓ token →| a|b||0|0.5|1.0",
        ),
        ('<h2>Title<a class="headerlink">¶</a></h2>', "Title"),
        ("<details><summary>Why?</summary><p>So.</p></details>", "Why?|So."),
    ],
)
def test_it_stands_there_as_text(html, expected):
    soup = BeautifulSoup(html, "html.parser")
    preprocess(soup, "page.md")
    assert soup.get_text("|") == expected


def test_each_idiom_is_a_section_with_a_heading():
    soup = BeautifulSoup(IDIOMS, "html.parser")
    preprocess(soup, "page.md")
    assert soup.h3.text == "Old"
    assert soup.table is None
