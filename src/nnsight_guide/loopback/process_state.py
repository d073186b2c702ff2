"""What a job could leave in the process that it ran in, for the next one to find."""

import builtins
import inspect
import linecache
import os
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import cloudpickle.cloudpickle
import nnsight.tracing.globals
import torch
import torch.nn.modules.module

from nnsight_guide.loopback.running import SERVICE_THREAD


def forget_earlier_jobs() -> None:
    """Forget what is kept under names that the next job may use for something else.

    By the name of a file, as the client has it, nnsight keeps its source and compiled blocks, and
    Python its lines and the module that it makes; a job's file is another one after an edit. By an
    id of the client's, cloudpickle keeps the classes that came with jobs, with all that these have
    set in them.
    """
    nnsight.tracing.globals.SOURCES.clear()
    nnsight.tracing.globals.BLOCKS.clear()
    linecache.clearcache()
    inspect.modulesbyfile.clear()
    inspect._filesbymodname.clear()  # type: ignore[attr-defined]
    cloudpickle.cloudpickle._DYNAMIC_CLASS_TRACKER_BY_ID.clear()
    cloudpickle.cloudpickle._DYNAMIC_CLASS_TRACKER_BY_CLASS.clear()


@dataclass(frozen=True)
class ProcessState:
    """What belongs to the process and not to the model, as it was when this was taken.

    Attributes:
        settings: by name, what is compared by value.
        names: what stands under each name in the places that a job might patch.
        threads: those that run.

    """

    settings: dict[str, Any]
    names: dict[str, dict[str, Any]]
    threads: set[threading.Thread]

    @classmethod
    def of(cls, model: Any) -> Self:
        """Take the state of this process, in which nnsight's `model` runs."""
        names = {place: dict(vars(it)) for place, it in _patchable(model).items()}
        return cls(_settings(), names, _threads())

    def differences(self, model: Any) -> list[str]:
        """Return the names of what is different now."""
        now = _settings()
        found = [name for name in now if now[name] != self.settings[name]]
        found += [f"thread {thread.name}" for thread in _threads() - self.threads]
        for place, thing in _patchable(model).items():
            # What is new there was imported; what is another thing was patched.
            known, names = self.names.get(place, {}), vars(thing)
            found += [f"{place}.{name}" for name in known if names.get(name) is not known[name]]
        return found


def _threads() -> set[threading.Thread]:
    """Return all threads but the worker's own and the job's."""
    known = (threading.main_thread(), threading.current_thread())
    return {t for t in threading.enumerate() if t not in known and t.name != SERVICE_THREAD}


def _settings() -> dict[str, Any]:
    return {
        "os.environ": dict(os.environ),
        "the current folder": _current_folder(),
        "sys.path": list(sys.path),
        "torch's default dtype": torch.get_default_dtype(),
        "torch's default device": torch.get_default_device(),
        "torch's number of threads": torch.get_num_threads(),
        "torch's deterministic algorithms": torch.are_deterministic_algorithms_enabled(),
        "torch's matmul precision": torch.get_float32_matmul_precision(),
        "torch's global hooks": [
            len(hooks)
            for name, hooks in sorted(vars(torch.nn.modules.module).items())
            if name.startswith("_global_") and isinstance(hooks, dict)
        ],
    }


def _current_folder() -> str:
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        return "one that is gone"


def _patchable(model: Any) -> dict[str, Any]:
    """Return the places whose names decide what a model computes, by how one writes them."""
    kinds = {type(part) for part in model._module.modules()}
    return {
        "builtins": builtins,
        "torch": torch,
        "torch.Tensor": torch.Tensor,
        "torch.nn.functional": torch.nn.functional,
        **{kind.__name__: kind for kind in kinds},
        **{kind.__module__: sys.modules[kind.__module__] for kind in kinds},
    }
