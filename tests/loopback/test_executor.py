"""How the process that runs jobs computes, before any job is there."""

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from nnsight_guide.loopback.executor import multiply_batches_whole


class Operations(TorchDispatchMode):
    """Writes down which operations PyTorch runs."""

    def __init__(self):
        super().__init__()
        self.names = set()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.names.add(function.overloadpacket.__name__)
        return function(*args, **(kwargs or {}))


def logits(weight, bias):
    """Multiply the last position of three prompts, as a model does, and tell by what operations."""
    states = torch.arange(3 * 4 * 8, dtype=torch.float32).reshape(3, 4, 8)
    with Operations() as ran:
        result = torch.nn.functional.linear(states[:, -1:], weight, bias)
    return result, ran.names


def test_the_last_position_of_a_batch_is_multiplied_at_once_and_not_row_by_row(monkeypatch):
    monkeypatch.setattr(torch.nn.functional, "linear", torch.nn.functional.linear)  # put back
    weight, bias = torch.ones(5, 8), torch.ones(5)
    expected, usual = logits(weight, bias)
    assert "bmm" in usual  # else PyTorch needs no help any more
    multiply_batches_whole()
    result, ran = logits(weight, bias)
    assert "bmm" not in ran
    assert torch.equal(result, expected)
