"""A small Llama as a GGUF file, written here, and in a package as the second model's comes."""

import hashlib
import math
import struct

import numpy as np

from nnsight_guide.model import second_model

LAYERS, HEADS, KEY_HEADS, D_HEAD, INNER = 2, 4, 2, 8, 64
WIDTH = HEADS * D_HEAD
CONTROL, NORMAL = 3, 1
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MERGES = ["1 9", "Ġ t", "h e", "Ġt he", "c i"]
LETTERS = [chr(code) for code in range(ord("!"), ord("~") + 1)]
TOKENS = [*SPECIAL, *LETTERS, "Ġ", "Ċ", *(merge.replace(" ", "") for merge in MERGES)]

METADATA = {
    "general.architecture": "llama",
    "llama.block_count": LAYERS,
    "llama.context_length": 128,
    "llama.embedding_length": WIDTH,
    "llama.feed_forward_length": INNER,
    "llama.attention.head_count": HEADS,
    "llama.attention.head_count_kv": KEY_HEADS,
    "llama.attention.layer_norm_rms_epsilon": 1e-3,
    "llama.rope.freq_base": 500.0,
    "llama.rope.dimension_count": D_HEAD,
    "llama.vocab_size": len(TOKENS),
    "tokenizer.ggml.tokens": TOKENS,
    "tokenizer.ggml.token_type": [CONTROL if token in SPECIAL else NORMAL for token in TOKENS],
    "tokenizer.ggml.merges": MERGES,
    "tokenizer.ggml.bos_token_id": 1,
    "tokenizer.ggml.eos_token_id": 2,
    "tokenizer.ggml.unknown_token_id": 0,
    "tokenizer.ggml.padding_token_id": 2,
    "tokenizer.chat_template": "{{ messages[0]['content'] }}!",
}
SHAPES = {
    "token_embd.weight": (len(TOKENS), WIDTH),
    **{
        f"blk.{layer}.{name}.weight": shape
        for layer in range(LAYERS)
        for name, shape in {
            "attn_norm": (WIDTH,),
            "ffn_down": (WIDTH, INNER),
            "ffn_gate": (INNER, WIDTH),
            "ffn_up": (INNER, WIDTH),
            "ffn_norm": (WIDTH,),
            "attn_k": (KEY_HEADS * D_HEAD, WIDTH),
            "attn_output": (WIDTH, WIDTH),
            "attn_q": (WIDTH, WIDTH),
            "attn_v": (KEY_HEADS * D_HEAD, WIDTH),
        }.items()
    },
    "output_norm.weight": (WIDTH,),
}


def zeros():
    return {name: (0, shape, bytes(4 * math.prod(shape))) for name, shape in SHAPES.items()}


def as_float32(array):
    """Return an array as `write_gguf` takes a tensor: the number of its type, shape, bytes."""
    return 0, array.shape, np.asarray(array, "<f4").tobytes()


def value(content):
    """Return the type of a value of metadata, and its bytes."""
    if isinstance(content, bool):
        return 7, struct.pack("<?", content)
    if isinstance(content, int):
        return (4, struct.pack("<I", content)) if content >= 0 else (5, struct.pack("<i", content))
    if isinstance(content, float):
        return 6, struct.pack("<f", content)
    if isinstance(content, str):
        text = content.encode()
        return 8, struct.pack("<Q", len(text)) + text
    kinds, parts = zip(*map(value, content), strict=True)
    return 9, struct.pack("<IQ", kinds[0], len(parts)) + b"".join(parts)


def write_gguf(path, metadata, tensors, *, version=3, alignment=32):
    """Write a file; `tensors` gives for each name the number of its type, its shape, its bytes."""
    data = b""
    infos = b""
    for name, (kind, shape, content) in tensors.items():
        data += bytes(-len(data) % alignment)
        sizes = struct.pack(f"<I{len(shape)}Q", len(shape), *reversed(shape))
        infos += value(name)[1] + sizes + struct.pack("<IQ", kind, len(data))
        data += content
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(metadata))
    for key, content in metadata.items():
        kind, packed = value(content)
        head += value(key)[1] + struct.pack("<I", kind) + packed
    head += infos
    path.write_bytes(head + bytes(-len(head) % alignment) + data)


def make_package(folder):
    """Put the small Llama into a folder, as pip would the package; return the digests of it."""
    contents = folder / second_model.GGUF, folder / second_model.LICENCE
    for file in contents:
        file.parent.mkdir(parents=True, exist_ok=True)
    write_gguf(contents[0], METADATA, zeros())
    contents[1].write_text("The licence.\n")
    described = f"Metadata-Version: 2.1\nName: {second_model.PACKAGE}\nVersion: 0.1.2\n"
    contents[1].with_name("METADATA").write_text(described)
    names = second_model.GGUF, second_model.LICENCE
    return {
        name: hashlib.sha256(file.read_bytes()).hexdigest()
        for name, file in zip(names, contents, strict=True)
    }
