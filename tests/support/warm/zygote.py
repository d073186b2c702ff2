"""A process that has imported what takes seconds; whoever asks it gets a copy of it, and that runs.

`python zygote.py SOCKET base` imports torch, and its copy, `zygote.py SOCKET libraries`, the rest,
for one environment; each listens at its socket. A request is JSON (what to run, in which folder and
environment) with the three standard streams; the copy becomes that program. Its end is answered by
its exit status. A copy ends with whoever asked for it, unless it is to stay; all end with standard
input. Before a copy is made no model is loaded, and there is no thread, which it would lack.
"""

import gc
import importlib
import json
import os
import runpy
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

MAX_REQUEST = 1024**2
IMPORTED = {
    "base": (  # what reads no library's variables
        *("torch", "torch._dynamo", "torch.distributed.tensor", "torch.export"),
        *("torch.nn.attention.flex_attention", "ipykernel.kernelapp"),
    ),
    "libraries": (  # and what code that traces models imports
        *("circuitsvis", "nnsight", "transformers.pipelines"),
        "transformers.models.gpt2.tokenization_gpt2",
        "transformers.models.gptj.modeling_gptj",
    ),
}


def where_to_look(environment: Mapping[str, str]) -> list[str]:
    """Return the folders of PYTHONPATH that Python takes over."""
    folders = environment.get("PYTHONPATH", "").split(os.pathsep)
    return list(dict.fromkeys(str(Path(folder).absolute()) for folder in folders if folder))


def become(request: dict[str, Any], streams: list[int]) -> None:
    """Be the program that was asked for, from here to the end of this process."""
    os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.chdir(request["cwd"])
    own = where_to_look(os.environ)
    sys.path[:] = [folder for folder in sys.path if folder not in own]
    sys.path[0 if sys.flags.safe_path else 1 : 0] = where_to_look(request["env"])
    os.environ.clear()
    os.environ.update(request["env"], JPY_PARENT_PID=str(os.getppid()))
    tempfile.tempdir = None  # it is found out anew
    sys.argv = request["argv"]
    gc.enable()
    module = request["module"]
    if not sys.flags.safe_path:
        sys.path[0] = request["cwd"] if module else str(Path(sys.argv[0]).parent)
    if module:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(sys.argv[0], run_name="__main__")


def main() -> None:
    gc.disable()  # which imports faster
    for name in IMPORTED[sys.argv[2]]:
        importlib.import_module(name)
    if sys.argv[2] == "libraries":  # what transformers compiles at a first load
        patterns = importlib.import_module("transformers.conversion_mapping")
        patterns.get_checkpoint_conversion_mapping("")
    gc.freeze()
    assert threading.active_count() == 1, threading.enumerate()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(sys.argv[1])
    listener.listen()
    print("ready", flush=True)
    waiting = selectors.DefaultSelector()
    waiting.register(0, selectors.EVENT_READ, None)
    waiting.register(listener, selectors.EVENT_READ, None)
    while True:
        for key, _ in waiting.select():
            if key.fd == 0:
                for other in [key for key in waiting.get_map().values() if key.data]:
                    end(other.data[0])
                shutil.rmtree(Path(sys.argv[1]).parent, ignore_errors=True)
                return None
            if key.fileobj is listener:
                asking, _ = listener.accept()
                text, streams, _, _ = socket.recv_fds(asking, MAX_REQUEST, 3)
                if (child := os.fork()) == 0:
                    listener.close()
                    asking.close()
                    return become(json.loads(text), streams)
                for stream in streams:
                    os.close(stream)
                if json.loads(text).get("stays"):
                    asking.close()
                    continue
                pair = (child, asking, os.pidfd_open(child))
                waiting.register(asking, selectors.EVENT_READ, pair)
                waiting.register(pair[2], selectors.EVENT_READ, pair)
                continue
            child, asking, has_ended = key.data
            if key.fd == has_ended:
                _, status = os.waitpid(child, 0)
                with suppress(OSError):  # whoever asked has gone
                    asking.send(json.dumps(os.waitstatus_to_exitcode(status)).encode())
                waiting.unregister(has_ended)
                os.close(has_ended)
                with suppress(KeyError, ValueError):
                    waiting.unregister(asking)
                asking.close()
            elif message := asking.recv(16):
                with suppress(ProcessLookupError):
                    os.kill(child, int(message))
            else:
                waiting.unregister(asking)
                end(child)
            break  # what else was ready may just have gone


def end(child: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)


if __name__ == "__main__":
    main()
