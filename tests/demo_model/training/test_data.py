"""The training in small: what its batches are, and that it can be repeated exactly."""

import pytest
import torch

from nnsight_guide.demo_model.training import data, train
from nnsight_guide.demo_model.training.data import Facts, Repetitions, Vocabulary


@pytest.fixture(scope="module")
def vocabulary(words):
    texts = [text for group in data.sentences() for text in group]
    return Vocabulary(words, texts, seed=0)


def test_the_split_is_the_same_every_time():
    assert data.split() == data.split()


def test_a_row_of_facts_is_text_of_the_corpus_and_all_of_it_counts(vocabulary, words):
    tokens, counts = Facts(vocabulary, data.seeded(0)).draw(48)
    text = words.decode([vocabulary.ids[row] for row in tokens])
    assert len(tokens) == 49
    assert counts == [True] * 48
    assert text.split(". ")[0] + "." in {s for group in data.sentences() for s in group}


def test_a_row_of_repetitions_counts_where_the_past_tells_the_next_word(vocabulary):
    repetitions = Repetitions(vocabulary, data.seeded(0))
    for _ in range(50):
        tokens, counts = repetitions.draw(24, range(5, 6))
        assert (len(tokens), len(counts)) == (25, 24)
        for position, counted in enumerate(counts, start=1):
            if counted:
                assert tokens[position] == tokens[position - 5]
        assert 24 - 5 - 3 <= sum(counts) <= 24 - 5


def test_a_word_that_was_not_collected_is_an_error(vocabulary):
    with pytest.raises(KeyError):
        vocabulary.rows("chromodynamics")


def test_equal_seeds_give_equal_weights(vocabulary, monkeypatch):
    short = tuple(
        stage._replace(steps=1, repetitions=min(2, stage.repetitions), facts=min(2, stage.facts))
        for stage in train.STAGES
    )
    monkeypatch.setattr(train, "STAGES", short)

    def weights(seed):
        torch.manual_seed(seed)
        model = train.new_model(vocabulary)
        train.train(model, vocabulary, data.seeded(seed))
        return train.compact(model, vocabulary)

    assert weights(3) == weights(3) != weights(4)
