"""A stand-in for an accelerator: tensors that say that they are elsewhere, and compute on the CPU.

As on a GPU, an operation on a tensor that is elsewhere and one that is on the CPU is an error,
unless it is one of the few that PyTorch allows. So it tells, on any machine, whether code makes a
tensor where the model is not. It is a backend in Python, for which PyTorch has a place.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils import backend_registration

NAME = "elsewhere"
# A copy from one device to the other, and an index: these may meet.
ALLOWED = (torch.ops.aten.copy_, torch.ops.aten.index, torch.ops.aten.index_put_)
# These change the size of a tensor that they have made, which one that wraps another cannot.
MADE_WHOLE = ("default", "start", "start_step")


class Elsewhere(Tensor):
    """A tensor that holds another one, on the CPU."""

    held: Tensor
    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, held: Tensor) -> "Elsewhere":
        made = Tensor._make_wrapper_subclass(
            cls,
            held.shape,
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            device=torch.device(NAME, 0),
        )
        made.held = held
        return made

    @classmethod
    def __torch_dispatch__(
        cls, operation: Any, types: Sequence[type], args: Any = (), kwargs: Any = None
    ) -> Any:
        return compute(operation, *args, **(kwargs or {}))

    def tolist(self) -> Any:
        return self.cpu().tolist()

    def __repr__(self, **_: Any) -> str:
        return repr(self.cpu())

    def __format__(self, form: str) -> str:
        return format(self.cpu(), form)


Elsewhere.__name__ = Tensor.__name__  # as on a real device, for code that prints it


def compute(operation: Any, *args: Any, **kwargs: Any) -> Any:
    """Carry out an operation on the CPU; what it gives is elsewhere, unless it is asked for here.

    Raises:
        RuntimeError: it has tensors of both devices.

    """
    there: list[Elsewhere] = []
    here: list[Tensor] = []

    def held(tensor: Tensor) -> Tensor:
        if isinstance(tensor, Elsewhere):
            there.append(tensor)
            return tensor.held
        if tensor.ndim:  # a single number may be on any device
            here.append(tensor)
        return tensor

    stays = torch.device(kwargs.get("device") or NAME).type == NAME
    if "device" in kwargs:
        kwargs["device"] = torch.device("cpu")
    args, kwargs = with_tensors((args, kwargs), held)
    if there and here and operation.overloadpacket not in ALLOWED:
        raise RuntimeError(f"{operation} on tensors of two devices, {NAME} and cpu")
    result = operation(*args, **kwargs)
    if not stays:
        return result
    known = {id(tensor.held): tensor for tensor in there}  # what was changed in place

    def elsewhere(made: Tensor) -> Tensor:
        return known[id(made)] if id(made) in known else Elsewhere(made)

    return with_tensors(result, elsewhere)


def with_tensors(tree: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """Change the tensors in lists, tuples and dicts, in a third of the time of PyTorch's own."""
    if isinstance(tree, Tensor):
        return change(tree)
    if isinstance(tree, list | tuple):
        return type(tree)([with_tensors(item, change) for item in tree])
    if isinstance(tree, dict):
        return {key: with_tensors(value, change) for key, value in tree.items()}
    return tree


def register() -> list[torch.library.Library]:
    """Make the device known; it is there as long as what is returned."""
    backend_registration._setup_privateuseone_for_python_backend(NAME)
    everything = torch.library.Library("_", "IMPL")
    everything.fallback(compute, "PrivateUse1")
    aten = torch.library.Library("aten", "IMPL")
    for overload in MADE_WHOLE:
        operation = getattr(torch.ops.aten.arange, overload)
        aten.impl(operation, lambda *a, _of=operation, **k: compute(_of, *a, **k), "PrivateUse1")
    torch.tensor = tensor
    return [everything, aten]


def tensor(data: Any, *, device: Any = None, _made: Any = torch.tensor, **options: Any) -> Tensor:
    """Make a tensor as `torch.tensor` does, which knows no device in Python."""
    return _made(data, **options).to(device or "cpu")
