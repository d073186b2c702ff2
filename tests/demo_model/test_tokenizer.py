"""The tokenizer is GPT-J's: facts of the real one, and transformers' own code as the judge."""

import gzip

import pytest
from transformers import AutoTokenizer, GPT2TokenizerFast

from nnsight_guide.demo_model import shipped

TEXTS = [
    "The Eiffel Tower is in the city of Paris.",
    "don't, we'll, I'm; they've 'quoted' CAN'T",
    "  two spaces, and   three;\ttab",
    " leading and trailing ",
    "line\nbreaks\r\n\n\n  and blanks \n",
    "¡Olé! Ünïcödé, naïve café, Straße, Ελλάδα, Привет, 東京タワー, 서울, مرحبا",
    "👍🏽 👩‍👩‍👧 🇫🇷 é \u200b\u00a0\u3000\ufeff",
    "x = {'a': [1, 2.5e-3]}  # 1234567890 ½ ² ①",
    "\x00\x01\x7f control",
    "spaces before , and . and ! and n't",
    "A<|endoftext|>B <|endoftext|> C",
    "",
]


@pytest.fixture(scope="module")
def ours(folder):
    return AutoTokenizer.from_pretrained(folder)


@pytest.fixture(scope="module")
def theirs():
    text = gzip.decompress(shipped.read_shipped(shipped.MERGES)).decode()
    merges = [tuple(line.split()) for line in text.splitlines()[1:]]
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    vocabulary = [chr(byte) for byte in printable]
    vocabulary += [chr(256 + number) for number in range(256 - len(printable))]
    vocabulary += ["".join(merge) for merge in merges] + ["<|endoftext|>"]
    return GPT2TokenizerFast(
        vocab={token: number for number, token in enumerate(vocabulary)}, merges=merges
    )


def test_it_has_a_token_for_each_row_of_gptj(ours):
    assert len(ours) == 50400
    assert ours.convert_tokens_to_ids("<|endoftext|>") == 50256
    assert ours.convert_tokens_to_ids("<|extratoken_1|>") == 50257
    assert ours.convert_tokens_to_ids("<|extratoken_143|>") == 50399
    assert ours.encode("a<|extratoken_7|>b") == [64, 50263, 65]


def test_its_settings_are_those_of_gptj(ours):
    assert type(ours) is GPT2TokenizerFast
    assert ours.model_max_length == 2048
    assert (ours.bos_token, ours.eos_token, ours.unk_token) == ("<|endoftext|>",) * 3
    assert ours.pad_token is None


def test_it_splits_text_as_gptj_does(ours):
    encoded = ours("This must be Thursday")
    assert encoded["input_ids"] == [1212, 1276, 307, 3635]
    assert encoded["attention_mask"] == [1, 1, 1, 1]
    tokens = ["This", "Ġsentence", "Ġwill", "Ġbe", "Ġtoken", "ized"]
    assert ours.tokenize("This sentence will be tokenized") == tokens


def test_it_decodes_as_gptj_does(ours):
    ids = [40, 1239, 714, 651, 262, 8181, 286, 48971, 12545, 13]
    assert ours.decode(ids) == "I never could get the hang of Thursdays."
    sentences = [[1212, 6827, 481, 307, 1978], [2396, 481, 428, 530]]
    joined = ["This sentence will be together", "So will this one"]
    assert ours.batch_decode(sentences) == joined
    words = ["These", " words", " will", " be", " split", " up"]
    assert [ours.decode(i) for i in [4711, 2456, 481, 307, 6626, 510]] == words


def test_it_pads_on_the_left_with_end_of_text_as_nnsight_asks_it_to(folder):
    padding = AutoTokenizer.from_pretrained(folder, padding_side="left")
    padding.pad_token = padding.eos_token
    encoded = padding(["Hello world", "Hello"], padding=True)
    assert encoded["input_ids"] == [[15496, 995], [50256, 15496]]
    assert encoded["attention_mask"] == [[1, 1], [0, 1]]


@pytest.mark.parametrize("text", TEXTS)
def test_it_agrees_with_transformers(ours, theirs, text):
    encoded = ours(text, return_offsets_mapping=True)
    assert encoded == theirs(text, return_offsets_mapping=True)
    ids = encoded["input_ids"]
    assert ours.convert_ids_to_tokens(ids) == theirs.convert_ids_to_tokens(ids)
    assert ours.decode(ids) == theirs.decode(ids) == text
    skipping = {"skip_special_tokens": True}
    assert ours.decode(ids, **skipping) == theirs.decode(ids, **skipping)


def test_it_agrees_with_transformers_on_every_token(ours, theirs):
    ids = range(50257)
    assert ours.convert_ids_to_tokens(ids) == theirs.convert_ids_to_tokens(ids)
    assert [ours.decode(i) for i in ids] == [theirs.decode(i) for i in ids]
