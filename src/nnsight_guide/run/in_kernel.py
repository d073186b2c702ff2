"""What runs inside the kernel: it loads the model once, and sees that each snippet leaves it so.

Every snippet of a build runs in one process, on one loaded model. `begin` gives each an empty
namespace and the same seeds; `end` fails it if it leaves the model or the process other than
it found them, since the next snippet's output would then depend on who ran before.
"""

import gc
import hashlib
import json
import logging
import os
import random
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any, cast

from nnsight_guide.recording.readings import Readings
from nnsight_guide.run import display, limits

# Tensors above this many elements (GPT-J's weight matrices, not its biases) are sampled.
WHOLE_TENSOR_ELEMENTS = 8_000_000
# Few, since around each value that is looked at up to a megabyte of a mapped file is in memory from
# then on: the embeddings of tokens that nobody uses.
SAMPLES = 16

CELLS = "ipykernel_0"  # the folder that a cell's file lies in, by its name

_baseline: dict[str, str] = {}
_filters: list[Any] = []
_settings: list[Any] = []
_readings: Readings


def end_with_parent() -> None:
    """End within a second of the process that started this kernel, however that ends.

    ipykernel sees to it as well, but begins after all else that happens as it starts, and of a
    parent that has gone by then it does not know: it only asks whether the system's first process
    has adopted it, and on a desktop the session's manager does that.
    """
    if sys.platform == "win32":  # there ipykernel waits for the process itself
        return
    parent = int(os.environ["JPY_PARENT_PID"])

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=look, daemon=True).start()


def import_libraries() -> None:
    """Import what every snippet uses, as the kernel does while it starts.

    Progress bars and loading messages are switched off first: they would land in whichever
    cell happens to come first, and name paths of the machine.
    """
    gc.disable()  # which imports a quarter faster
    logging.disable(logging.INFO)
    import ipykernel.compiler

    # A cell's file would be named after the process, and a remote job carries the name along: the
    # size of a job, which a page shows, would differ from run to run.
    ipykernel.compiler.get_tmp_directory = lambda: CELLS
    import circuitsvis  # noqa: F401 - imported now so that no snippet pays or changes state for it
    import nnsight  # noqa: F401
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()


def load() -> None:
    """Load the model, and take its state as the one to keep."""
    global _readings
    import_libraries()  # again, if that has failed
    _readings = Readings(Path.cwd(), but_for=CELLS)
    display.register()
    from IPython import get_ipython

    shell = get_ipython()
    shell.events.register("pre_run_cell", limits.Printed(sys.stdout, sys.stderr).begin)
    from snippets.model import REMOTE, model

    if not REMOTE:
        model.dispatch()
        with model.trace("Warm up."):  # whatever is set up by a first trace is set up here
            pass
    _baseline.clear()
    _baseline.update(state())
    _filters[:] = warnings.filters
    from nnsight import CONFIG

    _settings[:] = [CONFIG.API.model_copy(), CONFIG.APP.model_copy()]
    gc.freeze()  # else `begin` would go through all that was imported each time: 0.2 s
    gc.enable()


def begin() -> None:
    """Give the next snippet an empty namespace and the seeds that every snippet starts from.

    Raises:
        RuntimeError: the snippet before, which failed, left something changed; or what a module
            read when it was imported is another now.

    """
    import torch
    from IPython import get_ipython

    shell = get_ipython()
    shell.reset(new_session=True)
    # As in any Python: Jupyter's own would let the cell go on, and end the kernel after it.
    shell.user_ns.update(exit=sys.exit, quit=sys.exit)
    random.seed(0)
    torch.manual_seed(0)
    warnings.resetwarnings()  # and with it the memory of which warnings were shown
    cast(list[Any], warnings.filters)[:] = _filters
    from nnsight import CONFIG

    # A snippet may well show what happens with a wrong key; its own settings end with it.
    CONFIG.API, CONFIG.APP = (part.model_copy() for part in _settings)
    if changed := changes():
        raise RuntimeError(f"an earlier snippet changed {', '.join(changed)}")
    if outdated := _readings.outdated():
        raise RuntimeError(f"a module has read {', '.join(outdated)}, which changed since")
    _readings.begin()


def end() -> None:
    """Tell, as JSON, what the snippet ran on, what it read, and what it changed of all others'.

    It is not printed, since the snippet may have closed what it would be printed to.
    """
    from IPython import get_ipython

    read = _readings.settled()
    state_now = json.dumps({"changed": changes(), "read": read, **where()})
    get_ipython().display_pub.publish({"text/plain": state_now})


def changes() -> list[str]:
    """Return the names of what differs from the state after loading, at most five."""
    now = state()
    return [name for name in {**_baseline, **now} if _baseline.get(name) != now.get(name)][:5]


def where() -> dict[str, str]:
    """Return the device and the dtype that the model runs on."""
    from snippets.model import REMOTE, model

    weight = next(model._module.parameters())
    device = "service" if REMOTE else weight.device.type  # the weights are not here, but there
    return {"device": device, "dtype": str(weight.dtype).removeprefix("torch.")}


def state() -> dict[str, str]:
    """Return all that snippets share, by name: weights, training mode, settings, environment."""
    import torch

    from snippets.model import REMOTE, model

    module = model._module
    # Where the model is on a server, a rehearsal may load it here, and nothing depends on it.
    tensors = {} if REMOTE else dict([*module.named_parameters(), *module.named_buffers()])
    parts = [] if REMOTE else module.named_modules()
    training = [name or "the model" for name, part in parts if part.training]
    return {
        **{f"the weights {name}": _digest(tensor) for name, tensor in tensors.items()},
        "the training mode": ", ".join(training[:1]),
        "which weights take gradients": _text(
            [name for name, weight in module.named_parameters() if not weight.requires_grad]
        ),
        "torch's gradient mode": str(torch.is_grad_enabled()),
        "torch's default dtype": str(torch.get_default_dtype()),
        "the number of torch's threads": str(torch.get_num_threads()),
        "the current folder": str(Path.cwd()),
        **{
            f"sys.{name}": f"{id(stream)} {stream.closed}"
            for name in ("stdout", "stderr")
            if (stream := getattr(sys, name))
        },
        "sys.path": _text(sorted(sys.path)),  # nnsight's remote client changes its order
        **{f"the environment variable {name}": _text(os.environ[name]) for name in os.environ},
    }


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
    return f"{version} {hashlib.sha256(raw).hexdigest()}"
