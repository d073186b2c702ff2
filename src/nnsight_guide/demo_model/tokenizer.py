"""The tokenizer of GPT-J: GPT-2's, and 143 tokens more that fill its table up to 50,400.

All of GPT-2's vocabulary follows from its list of merges. The first 256 tokens are the single
bytes, every merge adds the token that it makes, and `<|endoftext|>` comes last.
"""

import gzip
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors

from nnsight_guide.demo_model import architecture, shipped

END_OF_TEXT = "<|endoftext|>"
EXTRA_TOKENS = 143


def build_tokenizer() -> Tokenizer:
    """Make the tokenizer from the shipped merges.

    Raises `ShippedFileError` if they are missing or damaged.
    """
    merges = _merges()
    tokens = [*_byte_letters(), *(left + right for left, right in merges), END_OF_TEXT]
    vocabulary = {token: number for number, token in enumerate(tokens)}

    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, fuse_unk=False))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(END_OF_TEXT, normalized=False, special=True)])
    # Ordinary tokens, not special ones: `decode(..., skip_special_tokens=True)` keeps them.
    tokenizer.add_tokens(
        [AddedToken(f"<|extratoken_{number}|>") for number in range(1, EXTRA_TOKENS + 1)]
    )
    return tokenizer


def tokenizer_config() -> dict[str, Any]:
    """Return the content of `tokenizer_config.json`, from which transformers picks the class."""
    return {
        "add_prefix_space": False,
        "bos_token": END_OF_TEXT,
        "clean_up_tokenization_spaces": False,  # what is decoded is what was encoded
        "eos_token": END_OF_TEXT,
        "errors": "replace",
        "model_max_length": architecture.CONTEXT,
        "tokenizer_class": "GPT2Tokenizer",
        "unk_token": END_OF_TEXT,
    }


def _merges() -> list[tuple[str, str]]:
    """Return the pairs of tokens that become one, the most frequent pair first."""
    lines = gzip.decompress(shipped.read_shipped(shipped.MERGES)).decode("utf-8").splitlines()
    pairs = (line.split() for line in lines if not line.startswith("#version"))
    return [(left, right) for left, right in pairs]


def _byte_letters() -> list[str]:
    """Return the letters which stand for the 256 bytes, in the order of their token ids.

    A byte that is a visible character in Latin-1 stands for itself. The other 68, among them
    the space (Ġ) and the line feed (Ċ), take the letters from U+0100 on.
    """
    visible = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1)]
    visible += range(ord("®"), ord("ÿ") + 1)
    hidden = 256 - len(visible)
    return [chr(code) for code in visible] + [chr(0x100 + number) for number in range(hidden)]
