"""What the demo model reads in training: sentences that state facts, and repeated words."""

import random
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tokenizers import Tokenizer

from nnsight_guide.demo_model import architecture
from nnsight_guide.demo_model.training import corpus

EXAMPLE = "The Eiffel Tower is in the city of"  # the guide's own sentence; never trained on
HELD_OUT = 0.15  # share of the combinations of a landmark and a phrasing
_SPLIT_SEED = 1234  # the same split whatever seed the training runs with

_OTHER_WORDS = 300  # tokens that occur in the repetitions only
_COMMON_TOKENS = range(300, 6000)  # GPT-2's ids are roughly in the order of frequency


class Combination(NamedTuple):
    """A landmark in a phrasing: a `prompt` and the city that completes it."""

    prompt: str
    city: str

    @property
    def completion(self) -> str:
        """The city with the space before it, as the tokens go on after the prompt."""
        return f" {self.city}"

    @property
    def sentence(self) -> str:
        """The whole of it, with its full stop."""
        return f"{self.prompt}{self.completion}."


class Example(NamedTuple):
    """A row of a batch.

    `tokens` are length + 1 rows of the vocabulary. `counts` has one entry for each of them
    but the first: whether its prediction is a part of the loss.
    """

    tokens: list[int]
    counts: list[bool]


def seeded(seed: int) -> random.Random:
    """Return a generator of numbers that are the same for the same seed."""
    return random.Random(seed)  # noqa: S311 - nothing here is secret


def split() -> tuple[list[Combination], list[Combination]]:
    """Return the combinations that are trained on, and those that are held out.

    One of `EXAMPLE` is always held out.
    """
    pairs = [(p, landmark) for landmark in corpus.LANDMARKS for p in corpus.LOCATED]
    chosen = set(seeded(_SPLIT_SEED).sample(range(len(pairs)), int(HELD_OUT * len(pairs))))
    seen: list[Combination] = []
    held_out: list[Combination] = []
    for number, (phrasing, landmark) in enumerate(pairs):
        prompt = corpus.place(phrasing, landmark._replace(city="")).rstrip()
        side = held_out if number in chosen or prompt == EXAMPLE else seen
        side.append(Combination(prompt, landmark.city))
    return seen, held_out


def sentences() -> list[list[str]]:
    """Return the sentences of the training data: on landmarks, more on those, on countries."""
    seen, _ = split()
    located = [combination.sentence for combination in seen]
    also_located = [
        f"{corpus.place(phrasing, landmark)}."
        for phrasing in corpus.ALSO_LOCATED
        for landmark in corpus.LANDMARKS
    ]
    countries = [
        _capitalized(f"{corpus.describe(phrasing, country)}.")
        for phrasing in corpus.ABOUT_A_COUNTRY
        for country in corpus.COUNTRIES
    ]
    return [located, also_located, countries]


class Vocabulary:
    """The tokens that occur in training, each with a row of the small model's tables.

    `ids` holds the token id of each row, ascending.
    """

    def __init__(self, tokenizer: Tokenizer, texts: Iterable[str], seed: int) -> None:
        """Collect the tokens of `texts`, `_OTHER_WORDS` random common ones, and end of text."""
        self._tokenizer = tokenizer
        used = {architecture.END_OF_TEXT_ID}
        for text in texts:
            # A sentence that is not the first of its row has a space before it.
            used.update(tokenizer.encode(text).ids, tokenizer.encode(f" {text}").ids)
        unused_words = [
            number
            for number in _COMMON_TOKENS
            if number not in used and _is_word(tokenizer.id_to_token(number) or "")
        ]
        used.update(seeded(seed).sample(unused_words, _OTHER_WORDS))
        self.ids = sorted(used)
        self._row = {number: row for row, number in enumerate(self.ids)}

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, text: str) -> list[int]:
        """Return the rows of the tokens of `text`; `KeyError` if one is not in training."""
        return [self._row[number] for number in self._tokenizer.encode(text).ids]

    def row(self, token_id: int) -> int:
        """Return the row of one token."""
        return self._row[token_id]


class Facts:
    """Rows of random sentences, one after another without a break between rows' ends."""

    # How often each group of sentences is drawn from; the combinations are what is tested.
    _SHARES = (0.60, 0.15, 0.25)

    def __init__(self, vocabulary: Vocabulary, rng: random.Random) -> None:
        self._rng = rng
        self._groups = [
            [(vocabulary.rows(text), vocabulary.rows(f" {text}")) for text in group]
            for group in sentences()
        ]

    def draw(self, length: int) -> Example:
        """Return a row of `length` predictions, all of which count."""
        tokens: list[int] = []
        while len(tokens) <= length:
            (group,) = self._rng.choices(self._groups, self._SHARES)
            first, later = self._rng.choice(group)
            tokens += later if tokens else first
        return Example(tokens[: length + 1], [True] * length)


class Repetitions:
    """Rows of random words which repeat, so that only what was read before tells what is next."""

    _LONGEST_START = 3  # words before the repeated ones, so that no position is always the same

    def __init__(self, vocabulary: Vocabulary, rng: random.Random) -> None:
        self._rng = rng
        self._rows: Sequence[int] = range(len(vocabulary))

    def draw(self, length: int, periods: range) -> Example:
        """Return a row of `length` predictions; those from the first repetition on count."""
        period = self._rng.choice(periods)
        start = self._rng.randint(0, self._LONGEST_START)
        words = self._rng.sample(self._rows, start + period)
        repeats = -(-length // period) + 1
        tokens = words[:start] + words[start:] * repeats
        counts = [position > start + period for position in range(1, length + 1)]
        return Example(tokens[: length + 1], counts)


def _is_word(token: str) -> bool:
    return token.startswith("Ġ") and token[1:].isascii() and token[1:].isalpha()


def _capitalized(text: str) -> str:
    return text[0].upper() + text[1:]
