"""What runs inside the kernel: it loads the model once, and sees that each snippet leaves it so.

Every snippet of a build runs in one process, on one loaded model. `begin` gives each an empty
namespace and the same seeds; `end` fails it if it leaves the model or the process other than
it found them, since the next snippet's output would then depend on who ran before.
"""

import gc
import importlib
import json
import logging
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from nnsight_guide.model.state import PutBack, State, of_model, of_process, silence_libraries
from nnsight_guide.recording.readings import Readings
from nnsight_guide.run import display, limits

CELLS = "ipykernel_0"  # the folder that a cell's file lies in, by its name

_setup: Any  # the module that the model is from
_baseline: list[State]
_put_back: PutBack
_readings: Readings
_threads: int  # of torch's, where nothing else computes
_given: int  # of these, to the snippet that runs
_left_changed: list[str] | None  # by the snippet before, once its names are gone


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

    silence_libraries()


def load(setup: str) -> None:
    """Load the model, unless that is done, and take its state as the one to keep.

    `setup` is the module of `snippets` that every snippet here has its model from.
    """
    global _baseline, _given, _left_changed, _put_back, _readings, _setup, _threads
    if "_baseline" in globals():
        return
    import_libraries()  # again, if that has failed
    import torch

    _readings = Readings(Path.cwd(), but_for=CELLS)
    display.register()
    from IPython import get_ipython

    shell = get_ipython()
    shell.events.register("pre_run_cell", limits.Printed(sys.stdout, sys.stderr).begin)
    _setup = importlib.import_module(f"snippets.{setup}")
    if not hasattr(_setup, "model"):
        raise ImportError(f"snippets/{setup}.py has no `model`: give the model that name")
    model = _setup.model
    if not _is_remote():
        model.dispatch()
        # Whatever is set up by a first run, and the first that generates, is set up here.
        if hasattr(model._module, "generate"):
            with model.generate("Warm up.", max_new_tokens=1):
                pass
        with model.trace("Warm up."):
            pass
    gc.freeze()  # else `begin` would go through all that was imported each time: 0.2 s
    gc.enable()
    _put_back = PutBack()
    _put_back.put_back()
    _threads = _given = torch.get_num_threads()
    _forget_names()  # now, when nobody waits for it yet
    _baseline, _left_changed = shared_state(), []


def clear() -> None:
    """Forget the names of the snippet before, and see what has changed by then.

    It may be called ahead of `begin`, while somebody writes down what that snippet gave.
    """
    global _left_changed
    _forget_names()
    _left_changed = changes()


def _forget_names() -> None:
    """Give IPython the names of a new session, and the process what may be put back."""
    from IPython import get_ipython

    shell = get_ipython()
    shell.reset(new_session=True)
    gc.collect()  # IPython does so before the names are gone: what refers to itself would stay
    # As in any Python: Jupyter's own would let the cell go on, and end the kernel after it.
    shell.user_ns.update(exit=sys.exit, quit=sys.exit)
    _put_back.put_back()
    _take_all_threads()


def begin(*, shares: bool) -> None:
    """Give the next snippet an empty namespace and the seeds that every snippet starts from.

    Where it `shares` the processors with others, torch takes one: with more, whose threads wait for
    each other, a build takes an eighth longer.

    Raises:
        RuntimeError: the snippet before, which failed, left something changed; or what a module
            read when it was imported is another now.

    """
    global _given, _left_changed
    import torch

    if _left_changed is None:
        clear()
    changed, _left_changed = _left_changed, None
    if changed:
        raise RuntimeError(f"an earlier snippet changed {', '.join(changed)}")
    if outdated := _readings.outdated():
        raise RuntimeError(f"a module has read {', '.join(outdated)}, which changed since")
    _readings.begin()
    _given = 1 if shares else _threads
    torch.set_num_threads(_given)


def end() -> None:
    """Tell, as JSON, what the snippet ran on, what it read, and what it changed of all others'.

    It is not printed, since the snippet may have closed what it would be printed to.
    """
    from IPython import get_ipython

    read = _readings.settled()
    _take_all_threads()
    state_now = json.dumps({"changed": changes(), "read": read, **where()})
    get_ipython().display_pub.publish({"text/plain": state_now})


def _take_all_threads() -> None:
    """Give torch all its threads again, unless a snippet has set their number itself."""
    import torch

    if torch.get_num_threads() == _given:
        torch.set_num_threads(_threads)


def changes() -> list[str]:
    """Return the names of what differs from the state after loading, at most five."""
    compared = zip(_baseline, shared_state(), strict=True)
    return [name for before, now in compared for name in before.differences(now)][:5]


def _is_remote() -> bool:
    """Whether traces run on a service; a model that is loaded here has no switch for it."""
    return bool(getattr(_setup, "REMOTE", False))


def where() -> dict[str, str]:
    """Return the device and the dtype that the model runs on."""
    weight = next(_setup.model._module.parameters())
    device = (
        "service" if _is_remote() else weight.device.type
    )  # the weights are not here, but there
    return {"device": device, "dtype": str(weight.dtype).removeprefix("torch.")}


def shared_state() -> list[State]:
    """Return all that snippets share, by name: the model, the process, and what IPython shows."""
    from IPython import get_ipython

    shell = get_ipython()
    formatters = shell.display_formatter.formatters
    names = {name: id(value) for name, value in vars(_setup).items() if name[0] != "_"}
    printers = {kind: len(each.type_printers) for kind, each in formatters.items()}
    callbacks = {event: list(map(id, calls)) for event, calls in shell.events.callbacks.items()}
    more = {
        f"the names in {_setup.__name__.replace('.', '/')}.py": str(names),
        "how IPython shows objects": str(printers),
        "what IPython does at each cell": str(callbacks),
    }
    model = _setup.model
    return [of_model(model, has_weights=not _is_remote()), of_process(model, more)]
