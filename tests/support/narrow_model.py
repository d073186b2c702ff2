"""A stand-in for the second model, for tests that ask whether code runs, and not what it gives.

It has the name, the tokenizer, the layers and the heads of SmolLM2, but is an eighth as wide, and
its weights are random. All snippets for the second model run on it in a tenth of the time.
"""

import shutil
from pathlib import Path

from nnsight_guide.demo_model import hub_layout
from nnsight_guide.demo_model.checkpoint import hub_cache
from nnsight_guide.model.second_model import FILES, SMOLLM2, second_checkpoint

WIDTH_OF_A_HEAD = 8


def hub_with_narrow_model(cache: Path) -> dict[str, str]:
    """Return the variables of a reader in whose hub's cache this is, by the second model's name."""
    revision = "0" * 40
    folder = hub_layout.keep_checkpoint(SMOLLM2, revision, FILES, _write, cache)
    return {"HF_HUB_CACHE": str(hub_cache(folder)), "HF_HUB_OFFLINE": "1"}


def _write(folder: Path) -> None:
    import torch
    from transformers import AutoConfig, LlamaForCausalLM

    original = second_checkpoint()
    for name in FILES:
        if name != "model.safetensors":
            shutil.copy(original / name, folder)
    config = AutoConfig.from_pretrained(original)
    config.head_dim = WIDTH_OF_A_HEAD
    config.hidden_size = config.intermediate_size = WIDTH_OF_A_HEAD * config.num_attention_heads
    with torch.random.fork_rng():
        torch.manual_seed(0)
        LlamaForCausalLM(config).to(torch.bfloat16).save_pretrained(folder)
