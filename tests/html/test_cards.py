"""The card of a chapter says what the chapter says at its head."""

import pytest
from bs4 import BeautifulSoup

from nnsight_guide.base.errors import GuideError
from nnsight_guide.html.cards import Card, card_of, cards_html

HEAD = """# Traces & `save`

!!! abstract "In 20 minutes you will be able to"

    - run a model;
    - read what `.save()` keeps, on
      two lines.

The text goes on for 90 minutes.

- A list that is no goal.
"""


def test_title_minutes_and_goals_come_from_the_head_of_the_chapter():
    goals = ["run a model", "read what `.save()` keeps, on two lines"]
    assert card_of(HEAD) == Card("Traces & `save`", 20, goals)


def test_an_exercise_may_name_its_minutes_in_a_table_above():
    table = "| Time |\n|---|\n| 15 minutes, and more |\n\n"
    exercise = HEAD.replace("In 20 minutes you will be able to", "You will")
    assert card_of(exercise.replace("\n\n!!!", f"\n\n{table}!!!")).minutes == 15


@pytest.mark.parametrize("missing", ["# Traces & `save`", "In 20 minutes", "!!! abstract"])
def test_a_head_that_lacks_something_is_an_error(missing):
    with pytest.raises(GuideError, match="a chapter with a card"):
        card_of(HEAD.replace(missing, ""))


def test_a_card_links_to_its_chapter_and_renders_code_and_escapes_text():
    html = BeautifulSoup(cards_html([("./a/", card_of(HEAD))]), "html.parser")
    assert html.select_one("h3 a")["href"] == "./a/"
    assert html.select_one("h3").text == "Traces & save"
    assert html.select_one("li li code").text == ".save()"
