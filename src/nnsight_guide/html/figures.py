"""What circuitsvis was asked to draw → a figure: data for its script, and a still picture. Pure.

The still picture is what readers see without JavaScript and in print; its text alternative is
what a screen reader says. Both come from the numbers that the script draws.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from statistics import fmean
from typing import Any

from nnsight_guide.base.errors import GuideError
from nnsight_guide.html.heat_maps import Pattern, heat_maps_svg, n_rows

MIME = "application/vnd.nnsight-guide.circuitsvis+json"
COMPONENT = "AttentionPatterns"

# What a head does at every position, as the text alternative says it.
PREVIOUS = "Mostly at the previous token"
FIRST = "Mostly at the first token"
ITSELF = "Mostly at the token itself"
EVEN = "Spread over the tokens so far"

MOSTLY = 0.5
EVENLY = 0.95  # of the entropy that an equal look at every token so far would have
LISTED_TOKENS = 40


def figure_html(drawing: Mapping[str, Any]) -> str:
    """Return the figure, on one line; equal drawings give equal bytes.

    The props stand in an attribute: at each instant navigation Material puts in the place of
    every inline script one without its `type`, so that data in a `<script>` would run.

    Args:
        drawing: `component` and `props`, as `run.display` hands them out.

    Raises:
        GuideError: the site cannot draw this.

    """
    shown, heads = _checked(drawing)
    # circuitsvis takes tokens for HTML, in which <b> would not be text.
    props = {"tokens": [escape(token, quote=False) for token in shown], "attention": heads}
    data = json.dumps(props, separators=(",", ":"), sort_keys=True)
    name = hashlib.sha256(f"{COMPONENT} {data}".encode()).hexdigest()[:12]
    return (
        f'<figure class="guide-figure" id="figure-{name}" style="--rows:{n_rows(len(heads))}" '
        'data-search-exclude><div class="guide-figure-drawn" role="group" '
        f'aria-label="Interactive attention patterns" data-component="{COMPONENT}" '
        f'data-props="{escape(data)}"></div>'
        f"{heat_maps_svg(shown, heads, text_alternative(shown, heads))}</figure>"
    )


def check_figures(outputs: Iterable[Mapping[str, Any]]) -> None:
    """Look at the figures among the outputs of a cell.

    Raises:
        GuideError: the site cannot draw one.

    """
    for output in outputs:
        if drawing := output.get("data", {}).get(MIME):
            _checked(drawing)


def still_html(drawing: Mapping[str, Any]) -> str:
    """Return only the still picture of a figure; the argument is as in `figure_html`."""
    shown, heads = _checked(drawing)
    picture = heat_maps_svg(shown, heads, text_alternative(shown, heads))
    return f'<div class="guide-picture" data-search-exclude>{picture}</div>'


def text_alternative(tokens: Sequence[str], heads: Sequence[Pattern]) -> str:
    """Say in words what the heat maps show: where each head looks."""
    habits: dict[str, list[str]] = {PREVIOUS: [], FIRST: [], ITSELF: [], EVEN: []}
    others = []
    for number, pattern in enumerate(heads):
        if habit := _habit(pattern):
            habits[habit].append(str(number))
        else:
            last = pattern[-1]
            source = max(range(len(last)), key=lambda j: last[j])
            others.append(f"head {number} at {source} “{tokens[source]}” ({last[source]:.2f})")
    listed = ", ".join(f"“{token}”" for token in tokens[:LISTED_TOKENS])
    more = ", …" if len(tokens) > LISTED_TOKENS else ""
    sentences = [
        f"Attention patterns of {_count(len(heads), 'head')} over {_count(len(tokens), 'token')}: "
        f"{listed}{more}. A row for each token, a column for each token it looks at; darker is "
        "more.",
        *(
            f"{habit}: {'head' if len(numbers) == 1 else 'heads'} {', '.join(numbers)}."
            for habit, numbers in habits.items()
            if numbers
        ),
    ]
    if others:
        which = "the other heads" if len(others) < len(heads) else "each head"
        sentences.append(
            f"Where the last token looks most, in {which}, with the position counted from 0: "
            f"{'; '.join(others)}."
        )
    return " ".join(sentences)


def _habit(pattern: Pattern) -> str | None:
    """Name what a head does at every position, if on average it does one thing."""
    # The first two positions tell nothing: what is previous there is also the first.
    later = list(enumerate(pattern))[2:]
    if not later:
        return None
    shares = {
        PREVIOUS: fmean(row[i - 1] for i, row in later),
        FIRST: fmean(row[0] for i, row in later),
        ITSELF: fmean(row[i] for i, row in later),
    }
    best = max(shares, key=lambda habit: shares[habit])
    if shares[best] > MOSTLY:
        return best
    evenness = fmean(_entropy(row) / math.log(i + 1) for i, row in later)
    return EVEN if evenness > EVENLY else None


def _entropy(row: Sequence[float]) -> float:
    return -sum(value * math.log(value) for value in row if value > 0)


def visible(token: str) -> str:
    """Give a sign to a token's white space, and leave out what no page may hold."""
    token = token.replace("\n", "↵").replace("\t", "⇥")
    return "".join(letter for letter in token if letter.isprintable())


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _checked(drawing: Mapping[str, Any]) -> tuple[list[str], list[Pattern]]:
    """Return tokens, as they are shown, and patterns, if circuitsvis would draw them rightly."""
    if drawing["component"] != COMPONENT:
        raise GuideError(
            f"the site draws circuitsvis's {COMPONENT} and not {drawing['component']}: "
            "use circuitsvis.attention.attention_patterns, or teach nnsight_guide/html/figures.py"
        )
    tokens, heads = drawing["props"]["tokens"], drawing["props"]["attention"]
    shape = _shape(heads)
    if len(shape) != 3 or 0 in shape or shape[1:] != [len(tokens)] * 2:
        raise GuideError(
            f"attention_patterns was given attention of shape {tuple(shape)} for {len(tokens)} "
            "tokens: give it (n_heads, n_tokens, n_tokens), without the batch dimension"
        )
    if not all(0 <= value <= 1 for head in heads for row in head for value in row):
        raise GuideError(
            "attention_patterns was given values that do not lie between 0 and 1: "
            "give it probabilities, from after the softmax"
        )
    return [visible(token) for token in tokens], heads


def _shape(values: Any) -> list[int]:
    return [len(values), *(_shape(values[0]) if values else [])] if isinstance(values, list) else []
