import socket
import urllib.request
from contextlib import closing
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from circuitsvis.attention import attention_patterns
from circuitsvis.tokens import colored_tokens
from IPython.core.formatters import DisplayFormatter

from nnsight_guide.html import maps
from nnsight_guide.html.figures import MIME, figure_html
from nnsight_guide.recording import recordings
from nnsight_guide.recording.recordings import Recording
from nnsight_guide.run import display
from nnsight_guide.run.plan import Plan
from nnsight_guide.run.runner import Runner

TOKENS = ["The", " city", "\n</script>"]
ATTENTION = torch.tensor([[[1.0, 0, 0], [1 / 3, 2 / 3, 0], [0.2, 0.3, 0.5]]] * 2)


@pytest.fixture
def formatter(monkeypatch):
    """IPython's own formatter, after `register`; any use of the network fails."""
    formatter = DisplayFormatter()
    shell = SimpleNamespace(display_formatter=formatter)
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)

    def refuse(*_, **__):
        pytest.fail("showing a figure used the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    display.register()
    return formatter


def test_a_circuitsvis_object_is_shown_as_its_component_and_props(formatter):
    data, metadata = formatter.format(attention_patterns(TOKENS, ATTENTION))
    assert data == {
        MIME: {
            "component": "AttentionPatterns",
            "props": {
                "tokens": TOKENS,
                "attention": [[[1, 0, 0], [0.3333, 0.6667, 0], [0.2, 0.3, 0.5]]] * 2,
            },
        },
        "text/plain": "circuitsvis AttentionPatterns: run this cell to draw it",
    }
    assert metadata == {}


def test_the_same_call_is_shown_as_the_same_bytes(formatter):
    shown = [formatter.format(attention_patterns(TOKENS, ATTENTION))[0] for _ in range(2)]
    assert repr(shown[0]) == repr(shown[1])


@pytest.mark.parametrize(
    "attention", [ATTENTION.bfloat16(), ATTENTION.numpy(), ATTENTION.tolist()], ids=str
)
def test_attention_may_be_of_any_kind_that_circuitsvis_takes(formatter, attention):
    data, _ = formatter.format(attention_patterns(TOKENS, attention))
    props = data[MIME]["props"]
    np.testing.assert_allclose(props["attention"], ATTENTION, atol=0.002)


def test_other_circuitsvis_objects_keep_their_component(formatter):
    data, _ = formatter.format(colored_tokens(["a", "b"], [0.25, -1]))
    assert data[MIME]["component"] == "ColoredTokens"
    assert data[MIME]["props"]["values"] == [0.25, -1]


def test_everything_else_is_shown_as_before(formatter):
    class Other:
        def __repr__(self):
            return "other"

        def _repr_html_(self):
            return "<b>other</b>"

    assert formatter.format(Other())[0] == {"text/plain": "other", "text/html": "<b>other</b>"}
    assert formatter.format(3)[0] == {"text/plain": "3"}


def test_a_source_written_in_another_way_is_not_guessed_at():
    with pytest.raises(ValueError, match="no render"):
        display.mime_bundle(SimpleNamespace(show_code=lambda: "<script>draw(1)</script>"))


def test_a_snippet_that_draws_is_recorded_as_figures(project, profile, monkeypatch):
    monkeypatch.setenv("PLOTLY_RENDERER", "json")  # the author's own choice, which does not count
    (project.snippets / "draw.py").write_text(
        "from snippets.model import model\n\n"
        "# %% attend\n"
        "with model.trace('The Eiffel Tower is in the city of'):\n"
        "    attention = model.transformer.h[0].attn.attn_dropout.input[0].save()\n\n"
        "# %% draw\n"
        "import circuitsvis as cv\n\n"
        "tokens = ['The', ' E', 'iff', 'el', ' Tower', ' is', ' in', ' the', ' city', ' of']\n"
        "cv.attention.attention_patterns(tokens=tokens, attention=attention)\n\n"
        "# %% again\n"
        "cv.attention.attention_patterns(tokens=tokens, attention=attention)\n\n"
        "# %% map\n"
        "import plotly.express as px\n\n"
        "figure = px.imshow(\n"
        "    attention[0].float().detach(), x=tokens, y=tokens, zmin=0, zmax=1,\n"
        "    text_auto='.2f', title='Head 0',\n"
        "    labels=dict(x='looked at', y='looks', color='attention'))\n"
        "figure\n\n"
        "# %% map_again\n"
        "figure.show()\n"
    )
    with closing(Runner(project)) as runner:
        assert runner.run_stale(Plan(project, profile, ["draw"])).snippets == ["draw"]
    recording = Recording.load(recordings.recording_path(project, "draw", profile))
    (drawn,), (again,) = (recording.cell(name)["outputs"] for name in ("draw", "again"))
    assert sorted(drawn["data"]) == [MIME, "text/plain"]
    assert drawn["data"] == again["data"]
    attention = drawn["data"][MIME]["props"]["attention"]
    assert np.shape(attention) == (16, 10, 10)
    assert figure_html(drawn["data"][MIME]).startswith('<figure class="guide-figure" id="figure-')
    (shown,), (again,) = (recording.cell(name)["outputs"] for name in ("map", "map_again"))
    assert shown["data"] == again["data"]
    assert sorted(shown["data"]) == [maps.MIME, "text/plain"]
    map_ = maps.Map(**shown["data"][maps.MIME])
    assert map_.rows == map_.columns
    np.testing.assert_allclose(map_.values, np.array(attention[0]), atol=0.006)
