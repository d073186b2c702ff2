from collections import defaultdict

import pytest
import torch

from tests.support.small_gpt_j import PROMPT, extract, small_gpt_j


@pytest.fixture(scope="module", params=["float32", "bfloat16"])
def model(request, profile):
    return small_gpt_j(getattr(torch, request.param), profile.model_id)


@pytest.fixture(scope="session")
def tried(report_count):
    """What was tried, by kind; printed at the end."""
    tried = defaultdict(list)
    yield tried
    report_count(f"checkers: {', '.join(f'{len(them)} {kind}' for kind, them in tried.items())}")


@pytest.fixture(scope="module")
def attention(model):
    return extract(model, layer=0)


@pytest.fixture(scope="module")
def ids(model):
    return model.tokenizer(PROMPT)["input_ids"]


@pytest.fixture(scope="module")
def tokens(model, ids):
    return [model.tokenizer.decode([i]) for i in ids]
