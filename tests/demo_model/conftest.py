from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from transformers import GPTJForCausalLM

from nnsight_guide.demo_model import tokenizer
from nnsight_guide.demo_model.checkpoint import checkpoint


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped weights, expanded. Read only."""
    return checkpoint(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def model(folder: Path) -> GPTJForCausalLM:
    return GPTJForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)


@pytest.fixture(params=["missing", "truncated", "altered"])
def damage(request: pytest.FixtureRequest) -> Callable[[Path], None]:
    """Damages a file."""

    def damage(file: Path) -> None:
        content = file.read_bytes()
        if request.param == "missing":
            file.unlink()
        elif request.param == "truncated":
            file.write_bytes(content[:-10])
        else:
            file.write_bytes(bytes([content[0] ^ 1]) + content[1:])

    return damage


@pytest.fixture(scope="session")
def words() -> Tokenizer:
    return tokenizer.build_tokenizer()
