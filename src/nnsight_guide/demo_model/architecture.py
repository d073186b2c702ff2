"""The shape of the demo model: a GPT-J in every respect but its size."""

from typing import Any

LAYERS = 4
HEADS = 16  # as many as GPT-J-6B has, so that a figure of the heads looks the same
WIDTH = 128  # d_model; 8 numbers per head
ROTARY_DIMENSIONS = 8  # per head, here the whole of it
CONTEXT = 2048  # positions, as GPT-J
ROWS = 50_400  # rows of the embedding and of the unembedding, as GPT-J
END_OF_TEXT_ID = 50_256  # id of `<|endoftext|>`


def model_config(rows: int = ROWS, end_of_text: int = END_OF_TEXT_ID) -> dict[str, Any]:
    """Return what `transformers.GPTJConfig` needs to build the model.

    Training calls it with fewer `rows`, one for each token that occurs in the training data,
    and with the row that `<|endoftext|>` has among those.
    """
    return {
        "activation_function": "gelu_new",
        "attn_pdrop": 0.0,
        "bos_token_id": end_of_text,
        "embd_pdrop": 0.0,
        "eos_token_id": end_of_text,
        "layer_norm_epsilon": 1e-05,
        "n_embd": WIDTH,
        "n_head": HEADS,
        "n_inner": None,
        "n_layer": LAYERS,
        "n_positions": CONTEXT,
        "resid_pdrop": 0.0,
        "rotary_dim": ROTARY_DIMENSIONS,
        "tie_word_embeddings": False,
        "use_cache": True,
        "vocab_size": rows,
    }
