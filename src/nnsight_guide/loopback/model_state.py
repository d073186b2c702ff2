"""What a job could leave changed in the model, for the next one to find."""

from dataclasses import dataclass
from typing import Any, Self

import torch


@dataclass(frozen=True)
class ModelState:
    """Weights and settings of a loaded model, as they were when this was taken.

    Attributes:
        tensors: copies of parameters and buffers, by name.
        settings: whatever else a job can reach through the model, by name.

    """

    tensors: dict[str, torch.Tensor]
    settings: dict[str, Any]

    @classmethod
    def of(cls, model: Any) -> Self:
        """Take the state of nnsight's `model`."""
        tensors = {name: tensor.detach().clone() for name, tensor in _tensors(model._module)}
        return cls(tensors, _settings(model))

    def differences(self, model: Any) -> list[str]:
        """Return the names of what is different in `model` now."""
        now = dict(_tensors(model._module))
        names = [name for name in {**self.tensors, **now} if not self._has(name, now.get(name))]
        settings = _settings(model)
        return names + [name for name in settings if settings[name] != self.settings[name]]

    def _has(self, name: str, tensor: torch.Tensor | None) -> bool:
        kept = self.tensors.get(name)
        return (
            kept is not None
            and tensor is not None
            and kept.dtype == tensor.dtype
            and kept.device == tensor.device
            and torch.equal(kept, tensor)
        )


def _tensors(module: torch.nn.Module) -> list[tuple[str, torch.Tensor]]:
    return [*module.named_parameters(), *module.named_buffers()]


def _settings(model: Any) -> dict[str, Any]:
    module, tokenizer = model._module, model.tokenizer
    config = module.config.to_dict()
    return {
        "training mode": [name for name, part in module.named_modules() if part.training],
        "requires_grad": [name for name, p in module.named_parameters() if p.requires_grad],
        "gradients": [name for name, p in module.named_parameters() if p.grad is not None],
        "hooks": {name: _hooks(part) for name, part in module.named_modules() if _hooks(part)},
        "modules": [(name, type(part)) for name, part in module.named_modules()],
        # Each job brings its own, which is applied before it runs.
        "config": {name: value for name, value in config.items() if "attn_impl" not in name},
        "generation config": module.generation_config.to_dict(),
        "tokenizer": (
            len(tokenizer),
            tokenizer.padding_side,
            tokenizer.truncation_side,
            tokenizer.model_max_length,
            dict(tokenizer.special_tokens_map),
        ),
    }


def _hooks(module: torch.nn.Module) -> int:
    return len(module._forward_hooks) + len(module._forward_pre_hooks)
