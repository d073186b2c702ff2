"""What code on a loaded model shares with the code after it, and may leave changed.

Snippets run one after another in one kernel, and jobs in one process of the loopback service, on a
model that is loaded once. What one of them leaves behind, the next would find. Everything that is
compared stands here, by a name to tell it by (`State`); so does what is put back by itself
(`PutBack`), what is forgotten (`forget_earlier_code`), and what is let be (`EXEMPT`), with the
reason.
"""

import builtins
import gc
import hashlib
import inspect
import linecache
import logging
import os
import signal
import sys
import threading
import warnings
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import getcontext
from pathlib import Path
from typing import Any, Self, cast

# Tensors above this many elements (GPT-J's weight matrices, not its biases) are sampled.
WHOLE_TENSOR_ELEMENTS = 8_000_000
# Few, since around each value that is looked at up to a megabyte of a mapped file is in memory from
# then on: the embeddings of tokens that nobody uses.
SAMPLES = 16

# What is not compared, and why.
EXEMPT = {
    "the order of sys.path": "nnsight's remote client changes it, and no name is found elsewhere",
    "sys.modules": "a module that was imported stays so, and is as its file says",
    "nnsight's SOURCES": "kept by the name of a cell's file, which tells of the cell's text; a "
    "service forgets them",
    "padding and truncation of a fast tokenizer": "set anew by each call",
    "threads of Jupyter's": "they hand on what programs print, and come and go with a stream",
    "files": "what a snippet writes is its own; what one reads is a part of its key",
}
# Of an object, what says nothing of how it behaves next, by the reason.
EXEMPT_ATTRIBUTES = {
    "training": "the training mode tells of it",
    "__nnsight__": "where nnsight keeps what a running trace needs",
    "_is_hf_initialized": "set as weights are loaded",
    "_persistent_id": "what nnsight calls a part of the model when it sends a job",
}
HOOKS = (
    "_forward_hooks",
    "_forward_pre_hooks",
    "_backward_hooks",
    "_backward_pre_hooks",
    "_state_dict_hooks",
    "_load_state_dict_pre_hooks",
)
LOGGERS = ("", "nnsight", "torch", "transformers", "accelerate")
STREAMS = ("stdin", "stdout", "stderr")
SWITCHES = ("excepthook", "displayhook", "breakpointhook", "unraisablehook")
# IPython and Jupyter put these there, anew for each cell.
BY_JUPYTER = {"_", "input", "raw_input", "display", "get_ipython"}
BUILTINS = sorted({*vars(builtins)} - BY_JUPYTER)
THREAD = "the thread "
JUPYTERS_THREAD = "(_watch_pipe_fd)"
PLAIN = (bool, int, float, str, type(None))


def silence_libraries() -> None:
    """Let libraries neither print how they get on, which varies, nor leave a thread for it."""
    import transformers
    from tqdm import tqdm

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    tqdm.monitor_interval = 0


@dataclass(frozen=True)
class State:
    """What there is to be shared, as it was when this was taken.

    Attributes:
        settings: by the name that tells of it, as text that can be compared.
        names: what stands under each name in the places that code might patch.

    """

    settings: dict[str, str]
    names: dict[str, Any]

    def differences(self, now: Self) -> list[str]:
        """Return the names of what is different now, in the order in which they are compared."""
        before, settings = self.settings, now.settings
        changed = [
            name for name in {**before, **settings} if before.get(name) != settings.get(name)
        ]
        # What is new there was imported; what is another thing was patched.
        nothing = object()
        return changed + [
            name for name, known in self.names.items() if now.names.get(name, nothing) is not known
        ]


def of_model(model: Any, *, has_weights: bool = True) -> State:
    """Return what can be reached through a model of nnsight's.

    Where the weights are on a server, a rehearsal may load them, and nothing depends on it.
    """
    module, tokenizer = model._module, model.tokenizer
    tensors = dict([*module.named_parameters(), *module.named_buffers()]) if has_weights else {}
    parts = dict(module.named_modules()) if has_weights else {}
    can_write = has_weights and hasattr(module, "generation_config")
    generation = module.generation_config.to_dict() if can_write else {}
    training = [name or "the model" for name, part in parts.items() if part.training]
    parameters = list(module.named_parameters())
    settings = {
        **{f"the weights {name}": _digest(tensor) for name, tensor in tensors.items()},
        "the gradients of weights": _text([n for n, w in parameters if w.grad is not None]),
        "the training mode": ", ".join(training[:1]),
        "which weights take gradients": _text([n for n, w in parameters if w.requires_grad]),
        **{
            f"{what} of {name or 'the model'}": _text(value)
            for name, part in parts.items()
            for what, value in (("the hooks", _hooks(part)), ("the attributes", _plain(part)))
            if value
        },
        **{
            f"nnsight's {what} of {path}": _text(value)
            for path, envoy in _envoys(model).items()
            for what, value in (
                ("edits", [id(edit) for edit in envoy._edits]),
                ("names for parts", {**envoy._aliases}),
            )
            if value
        },
        **_each("the config's {}", module.config.to_dict()),
        **_each("the generation config's {}", generation),
        **_each("the tokenizer's {}", _plain(tokenizer) | tokenizer.special_tokens_map),
        "the tokens": str(len(tokenizer)),
    }
    return State(settings, {})


def of_process(model: Any, more: Mapping[str, str] = {}) -> State:
    """Return what libraries and Python keep for the process that a model is in, and `more`."""
    import numpy
    import torch

    mask = os.umask(0)  # there is no way to ask without setting it
    os.umask(mask)
    settings = {
        "torch's gradient mode": str(torch.is_grad_enabled()),
        "torch's inference mode": str(torch.is_inference_mode_enabled()),
        "torch's search for anomalies": str(torch.is_anomaly_enabled()),
        "torch's automatic precision": str(torch.is_autocast_enabled("cpu")),
        "torch's default dtype": str(torch.get_default_dtype()),
        "torch's default device": str(torch.get_default_device()),
        "torch's precision of products": torch.get_float32_matmul_precision(),
        "torch's choice of algorithms": str(torch.are_deterministic_algorithms_enabled()),
        "the number of torch's threads": str(torch.get_num_threads()),
        "torch's hooks on all modules": _text(_global_hooks()),
        "numpy's answer to errors": str(numpy.geterr()),
        "the current folder": _current_folder(),
        "the rights of new files": str(mask),
        **{
            f"sys.{name}": f"{id(stream)} {stream.closed}"
            for name in STREAMS
            if (stream := getattr(sys, name))
        },
        **{f"sys.{name}": _called(getattr(sys, name)) for name in SWITCHES},
        "sys.path": _text(sorted(sys.path)),
        "sys.meta_path": _text([id(finder) for finder in sys.meta_path]),
        "how deep Python recurses": str(sys.getrecursionlimit()),
        "Python's trace function": f"{sys.gettrace()} {sys.getprofile()}",
        "Python's collector of garbage": f"{gc.isenabled()} {gc.get_threshold()}",
        "decimal numbers": str(getcontext()),
        **{f"{THREAD}{thread.name}": "runs" for thread in _other_threads()},
        "what signals do": _text({each: signal.getsignal(each) for each in signal.valid_signals()}),
        **{f"the logger {name or 'of all'}": _logger(name) for name in LOGGERS},
        **{f"the environment variable {name}": _text(os.environ[name]) for name in os.environ},
        **more,
    }
    return State(settings, _patchable(model))


class PutBack:
    """What is put back without loss before each snippet or job: nobody has to undo it."""

    def __init__(self) -> None:
        """Take it as it is now."""
        import numpy
        import torch
        from nnsight import CONFIG

        self._filters = list(warnings.filters)
        self._settings = [CONFIG.API.model_copy(), CONFIG.APP.model_copy()]
        self._numpy = numpy.get_printoptions()
        self._torch = {**vars(torch._tensor_str.PRINT_OPTS)}

    def put_back(self) -> None:
        """Set the seeds, the warnings' filters, nnsight's settings and how numbers are printed."""
        import numpy
        import torch
        from nnsight import CONFIG
        from transformers import set_seed

        set_seed(0)  # of all that is installed: Python's, NumPy's, torch's on every device
        warnings.resetwarnings()  # and with it the memory of which warnings were shown
        cast(list[Any], warnings.filters)[:] = self._filters
        # A snippet may well show what happens with a wrong key; its own settings end with it.
        CONFIG.API, CONFIG.APP = (part.model_copy() for part in self._settings)
        numpy.set_printoptions(**self._numpy)
        vars(torch._tensor_str.PRINT_OPTS).update(self._torch)


def _patchable(model: Any) -> dict[str, Any]:
    """Return what stands under the names that decide what a model computes, and what is printed."""
    import torch

    kinds = {type(part) for part in model._module.modules()}
    places: dict[str, Any] = {
        "torch": torch,
        "torch.Tensor": torch.Tensor,
        "torch.nn.functional": torch.nn.functional,
        **{kind.__name__: kind for kind in kinds},
        **{kind.__module__: sys.modules[kind.__module__] for kind in kinds},
    }
    found = {
        f"{place}.{name}": it
        for place, thing in places.items()
        for name, it in vars(thing).items()
        if name != "Storage"  # it goes with the default dtype
    }
    return found | {f"builtins.{name}": getattr(builtins, name) for name in BUILTINS}


def _other_threads() -> list[threading.Thread]:
    """Return all threads but Python's first and this one, which a service has for each job."""
    known = (threading.main_thread(), threading.current_thread())
    others = (thread for thread in threading.enumerate() if thread not in known)
    return [thread for thread in others if not thread.name.endswith(JUPYTERS_THREAD)]


def _current_folder() -> str:
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        return "one that is gone"


def _called(function: Any) -> str:
    """Return what a function is called: it may be another object each time it is asked for."""
    kind = function if hasattr(function, "__qualname__") else type(function)
    return f"{kind.__module__}.{kind.__qualname__}"


def forget_earlier_code() -> None:
    """Forget what is kept under names that the next job may use for something else.

    By the name of a file, as a client has it, nnsight keeps its source and compiled blocks, and
    Python its lines and the module that it makes; a job's file is another one after an edit. By an
    id of the client's, cloudpickle keeps the classes that came with jobs, with all that these have
    set in them.
    """
    import cloudpickle.cloudpickle
    import nnsight.tracing.globals

    nnsight.tracing.globals.SOURCES.clear()
    nnsight.tracing.globals.BLOCKS.clear()
    linecache.clearcache()
    inspect.modulesbyfile.clear()
    inspect._filesbymodname.clear()  # type: ignore[attr-defined]
    cloudpickle.cloudpickle._DYNAMIC_CLASS_TRACKER_BY_ID.clear()
    cloudpickle.cloudpickle._DYNAMIC_CLASS_TRACKER_BY_CLASS.clear()


def _hooks(module: Any) -> dict[str, list[int]]:
    """Return the functions that torch calls around a module, by their kind."""
    hooks = {kind: list(map(id, getattr(module, kind).values())) for kind in HOOKS}
    return {kind: found for kind, found in hooks.items() if found}


def _global_hooks() -> dict[str, list[int]]:
    from torch.nn.modules import module

    return {
        name: list(map(id, value.values()))
        for name, value in vars(module).items()
        if name.startswith("_global_") and isinstance(value, dict)
    }


def _plain(thing: Any) -> dict[str, Any]:
    """Return the attributes of an object: plain ones as they are, of all others that they exist."""
    return {
        name: value if isinstance(value, PLAIN) else type(value).__name__
        for name, value in sorted(vars(thing).items())
        if name not in EXEMPT_ATTRIBUTES
    }


def _envoys(model: Any) -> dict[str, Any]:
    """Return nnsight's own parts of a model, as far as they are there, by their path."""
    found, waiting = {}, [model]
    while waiting:
        envoy = waiting.pop()
        found[envoy.path] = envoy
        waiting += envoy._children
    return found


def _each(name: str, values: Mapping[str, Any]) -> dict[str, str]:
    return {name.format(key): _text(value) for key, value in values.items()}


def _logger(name: str) -> str:
    logger = logging.getLogger(name)
    return _text([logger.level, logger.disabled, logger.propagate, list(map(id, logger.handlers))])


def _text(value: Any) -> str:
    """Hash a value: what is compared may be secret (an API key in the environment)."""
    return hashlib.sha256(repr(value).encode()).hexdigest()


def _digest(tensor: Any) -> str:
    import torch

    # A tensor knows how often it was written to in place; the sample tells of other ways.
    version = f"{tuple(tensor.shape)} {tensor.dtype} {tensor._version}"
    if tensor.is_meta:
        return version
    values = tensor.detach().flatten()
    if values.numel() > WHOLE_TENSOR_ELEMENTS:
        values = values[:: values.numel() // SAMPLES | 1]  # odd: it walks through the columns too
    raw = values.contiguous().view(torch.uint8).cpu().numpy()
    # Nobody forges it, and it takes a seventh of what sha256 takes: all weights are read often.
    return f"{version} {zlib.crc32(raw)}"
