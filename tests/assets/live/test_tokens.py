"""The page splits text into the tokens of GPT-J's tokenizer."""

import random
import unicodedata

import pytest

from nnsight_guide.demo_model import tokenizer
from nnsight_guide.demo_model.training import data

STRINGS = 5000
LETTERS = "abc XYZ'sdon't  \n\t123.,;é-_/\\\"(){}"
PIECES = [
    *(
        " the",
        " Tower",
        "don't",
        " we'll",
        "  ",
        "\n\n",
        "\r\n",
        "\t",
        "\u00a0",
        "\u3000",
        "\u2003",
    ),
    *(
        "\u0085",
        "\u001c",
        "\u180e",
        "\u200b",
        "\u200d",
        "\ufeff",
        "\u2028",
        "\x00",
        "\x7f",
        "\ufffd",
    ),
    *(
        "日本語",
        "東京",
        "한국",
        "שלום",
        "مرحبا",
        "Ελλάδα",
        "Привет",
        "नमस्ते",
        "e\u0301",
        "Straße",
        "ſ",
    ),
    *(
        "😀",
        "👍🏽",
        "👩‍👩‍👧",
        "🇫🇷",
        "🏴‍☠️",
        "☕",
        "½",
        "²",
        "①",
        "٣",
        "Ⅷ",
        "१२",
        "1234567890",
        "3.14",
        "'S",
        "'ve",
    ),
    *("<|endoftext|>", "<|extratoken_1|>", "<|extratoken_143|>", "<|extratoken_144|>"),
    *("<|extratoken_0|>", "<|extratoken_01|>", "<|extratoken_15|>9", "<|endoftext", "<|"),
]


def seeded_strings():
    dice = random.Random(5000)
    sentences = [case.sentence for side in data.split() for case in side]
    for number in range(STRINGS):
        if number % 4 == 0:
            yield "".join(dice.choices(PIECES, k=dice.randint(1, 8)))
        elif number % 4 == 1:
            yield "".join(dice.choices(LETTERS, k=dice.randint(1, 40)))
        elif number % 4 == 2:
            yield "".join(any_character(dice) for _ in range(dice.randint(1, 12)))
        else:
            sentence = dice.choice(sentences)
            at = dice.randrange(len(sentence))
            yield sentence[:at] + dice.choice(PIECES) + sentence[at:]


def any_character(dice):
    """Return one that Unicode has had for long, so that all who ask agree on what it is."""
    while True:
        character = chr(dice.choice([dice.randrange(0x3000), dice.randrange(0x20000)]))
        if unicodedata.ucd_3_2_0.category(character) not in ("Cn", "Cs"):
            return character


@pytest.fixture(scope="module")
def in_python():
    return tokenizer.build_tokenizer()


def test_ids_are_the_tokenizers_for_5000_strings(live, in_python, report_count):
    texts = [*seeded_strings()]
    expected = [encoding.ids for encoding in in_python.encode_batch(texts)]
    wrong = [
        (text, found, ids)
        for text, found, ids in zip(texts, live.encode(texts), expected, strict=True)
        if found != ids
    ]
    assert wrong == []
    assert len({*texts}) > 0.95 * STRINGS
    assert sum("<|" in text for text in texts) > 100
    report_count(f"{STRINGS} strings split in the page, {sum(map(len, expected))} tokens")


def test_every_token_is_shown_as_python_shows_it(live, in_python):
    shown = live.page.evaluate("engine.ids.map(id => engine.tokenizer.decode([id]))")
    assert shown == [in_python.decode([token], skip_special_tokens=False) for token in live.known]


def test_known_tokens_are_those_of_the_training_and_others_are_marked(live):
    marked = live.page.evaluate("engine.tokens('The Eiffel Tower zebra<|endoftext|>')")
    told = [(token["text"], token["known"]) for token in marked]
    assert told[:4] == [("The", True), (" E", True), ("iff", True), ("el", True)]
    assert (" zebra", False) in told or (" z", False) in told
    assert told[-1] == ("<|endoftext|>", True)
    assert len(live.known) == 969


def test_what_is_typed_again_and_again_takes_no_more_memory(live):
    kept = live.page.evaluate(
        """() => {
            for (let i = 0; i < 12000; i++) engine.tokenizer.encode(`w${i}`);
            return engine.tokenizer.words.size;
        }"""
    )
    assert kept <= 5000
