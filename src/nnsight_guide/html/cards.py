"""The head of a chapter → its card on the landing page. Pure.

A card says what the chapter itself says at its head: its title, how long it takes and what one
can do after it. So neither is written twice.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from markdown import markdown

from nnsight_guide.base.errors import GuideError

TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
MINUTES = re.compile(r"\b(\d+) minutes\b")
# The box at the head: its title, and the list in it up to the first line that is not indented.
GOALS = re.compile(r'^!!! abstract "[^"\n]*"\n((?:(?: {4}.*)?\n)+)', re.MULTILINE)
GOAL = re.compile(r"^ {4}- (.+(?:\n {6}.+)*)", re.MULTILINE)


@dataclass(frozen=True)
class Card:
    """What a chapter promises at its head; each goal is Markdown of one line."""

    title: str
    minutes: int
    goals: list[str]


def card_of(text: str) -> Card:
    """Return what the Markdown of a chapter promises.

    Raises:
        GuideError: its head lacks a title, its minutes or its goals.

    """
    title, goals = TITLE.search(text), GOALS.search(text)
    if title is None or goals is None:
        raise GuideError("a chapter with a card has a title and a box '!!! abstract \"In … \"'")
    minutes = MINUTES.search(text[: goals.end()])
    if minutes is None:
        raise GuideError("a chapter with a card says at its head how many minutes it takes")
    listed = [" ".join(goal.split()).rstrip(";.") for goal in GOAL.findall(goals[1])]
    return Card(title[1].strip(), int(minutes[1]), listed)


def cards_html(cards: Iterable[tuple[str, Card]]) -> str:
    """Return the cards as a numbered list; each comes with the link to its chapter."""
    return f'<ol class="guide-cards">{"".join(_card_html(href, card) for href, card in cards)}</ol>'


def _card_html(href: str, card: Card) -> str:
    goals = "".join(f"<li>{_inline(goal)}</li>" for goal in card.goals)
    return (
        f'<li class="guide-card"><h3><a href="{escape(href)}">{_inline(card.title)}</a></h3>'
        f'<p class="guide-card-minutes">{card.minutes} minutes</p><ul>{goals}</ul></li>'
    )


@lru_cache(maxsize=256)  # a preview writes the cards at every edit
def _inline(text: str) -> str:
    """Return one line of Markdown as HTML without a paragraph around it."""
    html: str = markdown(text)
    return html.removeprefix("<p>").removesuffix("</p>")
