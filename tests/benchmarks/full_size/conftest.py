"""A checkpoint as the benchmark writes it, but small."""

import pytest

from benchmarks.full_size import weights


@pytest.fixture(scope="session")
def config():
    return weights.gpt_j_config(n_layer=3, n_head=4, n_embd=32, rotary_dim=4)


@pytest.fixture(scope="session")
def written(config, tmp_path_factory):
    folder = tmp_path_factory.mktemp("somewhere") / "gpt-j-6b"  # a name that must not count
    assert weights.write(folder, config)
    return folder
