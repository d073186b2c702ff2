"""What PyTorch's own hooks say of a Llama that reads one prompt alone, without nnsight."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import torch
from torch import Tensor


@torch.no_grad()
def last_states(module: Any, ids: Tensor) -> Tensor:
    """Return what each layer returns at the last position: (n_layers, d_model)."""
    caught: list[Tensor] = []
    with ExitStack() as hooks:
        for layer in module.model.layers:
            keep = layer.register_forward_hook(lambda *call: caught.append(call[2][0, -1].clone()))
            hooks.enter_context(keep)
        module(ids)
    return torch.stack(caught)


@torch.no_grad()
def logits_with(module: Any, ids: Tensor, layer: int, change: Callable[[Tensor], Tensor]) -> Tensor:
    """Return the last logits, (vocab_size,), with the last state of a layer changed."""

    def hook(_: Any, args: Any, output: Tensor) -> None:
        output[0, -1] = change(output[0, -1])

    with module.model.layers[layer].register_forward_hook(hook):
        logits: Tensor = module(ids).logits[0, -1]
    return logits
