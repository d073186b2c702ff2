"""Chapter 3: the ids and strings that were published for GPT-J."""

import pytest

from tests.support.snippets import Lazily

chapter = Lazily("tokenizer_basics")


def test_a_call_gives_ids_and_an_attention_mask():
    assert chapter.encoded["input_ids"] == [1212, 1276, 307, 3635]
    assert chapter.encoded["attention_mask"] == [1, 1, 1, 1]


def test_tensors_come_with_a_batch_dimension():
    assert chapter.as_tensors["input_ids"].tolist() == [[1212, 1276, 307, 3635]]
    assert chapter.as_tensors["input_ids"].shape == (1, 4)


def test_padding_goes_on_the_left_and_is_masked():
    assert chapter.pair == ["Hello world", "Hello"]
    assert chapter.padded["input_ids"].tolist() == [[15496, 995], [50256, 15496]]
    assert chapter.padded["attention_mask"].tolist() == [[1, 1], [0, 1]]
    assert chapter.tokenizer.padding_side == "left"


PUBLISHED = {
    "call": "[1212, 1276, 307, 3635]\n[1, 1, 1, 1]",
    "tensors": "tensor([[1212, 1276,  307, 3635]])\ntorch.Size([1, 4])",
    "padding": "tensor([[15496,   995],\n        [50256, 15496]])\n"
    "tensor([[1, 1],\n        [0, 1]])\nleft '<|endoftext|>'",
    "decode": "I never could get the hang of Thursdays.",
    "decode_each": "['These', ' words', ' will', ' be', ' split', ' up']\n"
    "['These words will be split up']",
    "decode_batch": "['This sentence will be together', 'So will this one']",
    "tokenize": "['This', 'Ġsentence', 'Ġwill', 'Ġbe', 'Ġtoken', 'ized']",
    "spaces": "[40313] ['Paris']\n[6342] ['ĠParis']",
    "bytes": "b'caf\\xc3\\xa9 \\xe2\\x98\\x95'\n['c', 'af', 'Ã©', 'Ġâĺ', 'ķ']\nTrue",
}


@pytest.mark.parametrize("cell", PUBLISHED)
def test_the_recorded_output_equals_the_published_facts(recorded, cell):
    assert recorded("tokenizer_basics", cell) == PUBLISHED[cell]


def test_every_cell_has_its_fact(recorded_cells):
    assert recorded_cells("tokenizer_basics") == list(PUBLISHED)
