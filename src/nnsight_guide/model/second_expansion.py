"""From the GGUF file of a Llama to the files of an ordinary Hugging Face checkpoint.

Neither torch nor transformers is imported. The weights are those of the file, number by number,
rounded to bfloat16; config and tokenizer are what its metadata say.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from nnsight_guide.demo_model.bfloat16 import FloatArray, write_bfloat16
from nnsight_guide.model.gguf import Gguf

# What llama.cpp calls the tensors, and what transformers does; those of layers have a number.
_NAMES = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
}
_NAMES_IN_LAYERS = {
    "attn_norm.weight": "input_layernorm.weight",
    "attn_q.weight": "self_attn.q_proj.weight",
    "attn_k.weight": "self_attn.k_proj.weight",
    "attn_v.weight": "self_attn.v_proj.weight",
    "attn_output.weight": "self_attn.o_proj.weight",
    "ffn_norm.weight": "post_attention_layernorm.weight",
    "ffn_gate.weight": "mlp.gate_proj.weight",
    "ffn_up.weight": "mlp.up_proj.weight",
    "ffn_down.weight": "mlp.down_proj.weight",
}
_CONTROL = 3  # the type of a token that stands for no text


def write_from_gguf(folder: Path, file: Path) -> None:
    """Write the checkpoint's files into the existing `folder`, with a progress bar.

    `file` is the GGUF file of a Llama whose unembedding is its embedding, with a byte-level BPE
    that takes digits one by one. Raises `OSError` if a file cannot be written.
    """
    gguf = Gguf(file)
    _write_json(folder / "config.json", _model_config(gguf.metadata))
    _write_json(folder / "generation_config.json", _special_ids(gguf.metadata))
    _write_json(folder / "tokenizer_config.json", _tokenizer_config(gguf.metadata))
    text = _tokenizer(gguf.metadata).to_str()
    (folder / "tokenizer.json").write_text(text, encoding="utf-8")
    _write_weights(folder / "model.safetensors", gguf)


def _write_weights(file: Path, gguf: Gguf) -> None:
    from tqdm import tqdm

    names = {_name(theirs): theirs for theirs in gguf.shapes}
    shapes = {name: gguf.shapes[theirs] for name, theirs in names.items()}
    heads = {
        "self_attn.q_proj.weight": gguf.metadata["llama.attention.head_count"],
        "self_attn.k_proj.weight": gguf.metadata["llama.attention.head_count_kv"],
    }
    with tqdm(total=len(names), desc="expanding", unit=" tensors", file=sys.stderr) as bar:

        def tensor(name: str) -> FloatArray:
            bar.update()
            weights = gguf.tensor(names[name])
            n_heads = heads.get(name.split(".", 3)[-1])
            return _halves_together(weights, n_heads) if n_heads else weights

        write_bfloat16(file, shapes, tensor)


def _name(theirs: str) -> str:
    if theirs in _NAMES:
        return _NAMES[theirs]
    _, layer, rest = theirs.split(".", 2)  # blk.0.attn_q.weight
    return f"model.layers.{layer}.{_NAMES_IN_LAYERS[rest]}"


def _halves_together(weights: FloatArray, n_heads: int) -> FloatArray:
    """Put the rows of each head into transformers' order.

    The rotary embedding turns numbers of a head in pairs. llama.cpp has the two of a pair beside
    each other; transformers has all first ones, and then all second ones.
    """
    pairs = weights.reshape(n_heads, -1, 2, weights.shape[1])
    return pairs.swapaxes(1, 2).reshape(weights.shape)


def _model_config(metadata: dict[str, Any]) -> dict[str, Any]:
    # It is kept in 32 bits: the shortest decimal that is the same number there was meant.
    epsilon = float(str(np.float32(metadata["llama.attention.layer_norm_rms_epsilon"])))
    return {
        **_special_ids(metadata),
        "architectures": ["LlamaForCausalLM"],
        "attention_bias": False,
        "dtype": "bfloat16",
        "head_dim": metadata["llama.rope.dimension_count"],
        "hidden_act": "silu",
        "hidden_size": metadata["llama.embedding_length"],
        "intermediate_size": metadata["llama.feed_forward_length"],
        "max_position_embeddings": metadata["llama.context_length"],
        "mlp_bias": False,
        "model_type": "llama",
        "num_attention_heads": metadata["llama.attention.head_count"],
        "num_hidden_layers": metadata["llama.block_count"],
        "num_key_value_heads": metadata["llama.attention.head_count_kv"],
        "rms_norm_eps": epsilon,
        "rope_parameters": {
            "rope_theta": metadata["llama.rope.freq_base"],
            "rope_type": "default",
        },
        "tie_word_embeddings": True,
        "use_cache": True,
        "vocab_size": metadata["llama.vocab_size"],
    }


def _special_ids(metadata: dict[str, Any]) -> dict[str, int]:
    return {
        "bos_token_id": metadata["tokenizer.ggml.bos_token_id"],
        "eos_token_id": metadata["tokenizer.ggml.eos_token_id"],
        "pad_token_id": metadata["tokenizer.ggml.padding_token_id"],
    }


def _tokenizer(metadata: dict[str, Any]) -> Tokenizer:
    tokens: list[str] = metadata["tokenizer.ggml.tokens"]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    merges = [tuple(pair.split(" ")) for pair in metadata["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, fuse_unk=False))
    # What the metadata call "smollm".
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    kinds = metadata["tokenizer.ggml.token_type"]
    special = [token for token, kind in zip(tokens, kinds, strict=True) if kind == _CONTROL]
    tokenizer.add_special_tokens(
        [AddedToken(token, normalized=False, special=True) for token in special]
    )
    return tokenizer


def _tokenizer_config(metadata: dict[str, Any]) -> dict[str, Any]:
    tokens = metadata["tokenizer.ggml.tokens"]
    names = {"bos": "bos", "eos": "eos", "pad": "padding", "unk": "unknown"}
    return {
        **{
            f"{ours}_token": tokens[metadata[f"tokenizer.ggml.{theirs}_token_id"]]
            for ours, theirs in names.items()
        },
        "chat_template": metadata["tokenizer.chat_template"],
        "clean_up_tokenization_spaces": False,  # what is decoded is what was encoded
        "model_max_length": metadata["llama.context_length"],
        # The class that takes tokenizer.json as it is: GPT2Tokenizer may leave the digits whole.
        "tokenizer_class": "PreTrainedTokenizerFast",
    }


def _write_json(file: Path, content: dict[str, Any]) -> None:
    file.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
