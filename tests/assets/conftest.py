"""A small site with figures."""

from collections.abc import Iterator

import pytest

from nnsight_guide.html.figures import figure_html
from tests.support.browser import Site
from tests.support.figures import drawing, site_of

HOSTILE = ["<b>bold", "&amp;", "</script><script>document.title='run'</script>", "\n", '"']


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A page without a figure, one with a figure, one with several."""
    figure = figure_html(drawing())
    several = [figure, figure, figure_html(drawing(3, HOSTILE, seed=1))]
    pages = {
        "index.md": "# Start\n\nNo figure here. [On to the figure](figure.md)\n",
        "figure.md": f"# Figure\n\nBefore.\n\n{figure}\n\nAfter. [Back](index.md)\n",
        "several.md": "# Several\n\n" + "\n\n".join(several) + "\n",
    }
    with site_of(tmp_path_factory.mktemp("figures"), pages) as site:
        yield site
