"""A Llama in llama.cpp's format becomes the one that transformers runs, in all that it computes."""

import pytest
import torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

from nnsight_guide.model.second_expansion import write_from_gguf
from tests.support import small_llama
from tests.support.small_llama import HEADS, KEY_HEADS, METADATA

# As llama.cpp's own converter names them.
NAMES = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


@pytest.fixture(scope="module")
def original():
    """A random Llama, all of whose weights bfloat16 can hold."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(small_llama.TOKENS),
        hidden_size=small_llama.WIDTH,
        intermediate_size=small_llama.INNER,
        num_hidden_layers=small_llama.LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=KEY_HEADS,
        max_position_embeddings=128,
        rms_norm_eps=1e-3,
        rope_parameters={"rope_type": "default", "rope_theta": 500.0},
        tie_word_embeddings=True,
        initializer_range=0.3,
    )
    model = LlamaForCausalLM(config).eval()
    for weights in model.parameters():
        weights.data = (weights.data + 0.1 * torch.randn_like(weights)).bfloat16().float()
    return model


@pytest.fixture(scope="module")
def folder(original, tmp_path_factory):
    """What is made of its GGUF file."""
    folder = tmp_path_factory.mktemp("expanded")
    small_llama.write_gguf(folder / "file.gguf", METADATA, as_llama_cpp_has_it(original))
    write_from_gguf(folder, folder / "file.gguf")
    return folder


def as_llama_cpp_has_it(model):
    weights = model.state_dict()
    tensors = {}
    for name in small_llama.SHAPES:
        *layer, kind, _ = name.split(".")
        prefix = f"model.layers.{layer[1]}." if layer else ""
        tensor = weights[f"{prefix}{NAMES[kind]}.weight"]
        if kind in ("attn_q", "attn_k"):
            tensor = halves_beside_each_other(tensor, HEADS if kind == "attn_q" else KEY_HEADS)
        tensors[name] = small_llama.as_float32(tensor.numpy())
    return tensors


def halves_beside_each_other(rows, n_heads):
    """Put the rows in llama.cpp's order: of each head the first, that of its second half, …"""
    heads = [
        torch.stack([head[i // 2 + (i % 2) * (len(head) // 2)] for i in range(len(head))])
        for head in rows.chunk(n_heads)
    ]
    return torch.cat(heads)


def test_it_computes_what_the_original_does(original, folder):
    expanded = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokens = torch.arange(20)[None]
    with torch.no_grad():
        assert torch.equal(expanded(tokens).logits, original(tokens).logits)
    assert expanded.state_dict().keys() == original.state_dict().keys()


def test_its_weights_are_on_disk_in_bfloat16(folder):
    assert LlamaForCausalLM.from_pretrained(folder).dtype == torch.bfloat16


def test_its_config_says_what_the_file_does(folder):
    config = LlamaConfig.from_pretrained(folder)
    assert config.rms_norm_eps == 1e-3, "and not the next number of 32 bits"
    assert config.tie_word_embeddings
    assert (config.bos_token_id, config.eos_token_id, config.pad_token_id) == (1, 2, 2)
    assert config.max_position_embeddings == METADATA["llama.context_length"]


@pytest.fixture(scope="module")
def tokenizer(folder):
    return AutoTokenizer.from_pretrained(folder)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("the city", ["t", "he", "Ġ", "ci", "t", "y"]),
        ("city the", ["ci", "t", "y", "Ġthe"]),
        ("in 1984", ["i", "n", "Ġ", "1", "9", "8", "4"]),  # although there is a token "19"
        ("<|im_start|>hi<|im_end|>\n", ["<|im_start|>", "h", "i", "<|im_end|>", "Ċ"]),
    ],
)
def test_text_is_cut_as_the_file_says_with_digits_one_by_one(tokenizer, text, tokens):
    ids = tokenizer(text)["input_ids"]
    assert ids == [small_llama.TOKENS.index(token) for token in tokens]
    assert tokenizer.decode(ids) == text


def test_special_tokens_and_the_form_of_a_chat_are_known(tokenizer):
    assert (tokenizer.bos_token, tokenizer.eos_token) == ("<|im_start|>", "<|im_end|>")
    assert (tokenizer.pad_token, tokenizer.unk_token) == ("<|im_end|>", "<|endoftext|>")
    ids = tokenizer("<|endoftext|>the<|im_start|>")["input_ids"]
    assert tokenizer.decode(ids, skip_special_tokens=True) == "the"
    chat = tokenizer.apply_chat_template([{"role": "user", "content": "the"}], tokenize=False)
    assert chat == "the!"
