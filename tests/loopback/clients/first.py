"""Send jobs that find something of an earlier one, unless each runs as if it were the first."""

import json
import linecache
import os
import sys
from pathlib import Path

import torch
from nnsight import TransformersModel

found = {}
REPO_ID = "nnsight-guide/gptj-demo"
model = TransformersModel(REPO_ID, task="text-generation", tokenizer=REPO_ID)
edited = Path(sys.argv[1]).with_name("edited.py")


def run(code):
    """Run `code` as a file that was edited: nnsight here forgets it, the service has to as well."""
    from nnsight.tracing.globals import BLOCKS, SOURCES

    edited.write_text(code)
    for kept in (SOURCES, BLOCKS, linecache.cache):
        kept.clear()
    names = {"model": model, "torch": torch}
    exec(compile(code, str(edited), "exec"), names)
    return names.get("value")


INVOKES = """
with model.trace(remote=True) as tracer:
    with tracer.invoke("The Eiffel Tower is in the city of"):
        value = (model.lm_head.output[0, -1].argmax().item() * 0 + {}).save()
"""
SESSION = """
with model.session(remote=True):
    with model.trace("Hello"):
        value = (model.lm_head.output.sum().item() * 0 + {}).save()
"""
BACKWARD = """
with model.trace("Hello", remote=True):
    hidden = model.transformer.h[1].output[0]
    hidden.requires_grad_()
    with model.lm_head.output.sum().backward():
        value = (hidden.grad.sum().item() * 0 + {}).save()
"""
FUNCTION = """
def number(x):
    with model.trace("Hello"):
        y = (model.lm_head.output.sum().item() * 0 + {}).save()
    return y
with model.session(remote=True):
    value = number(1).save()
"""
SOURCE = """
import inspect
def number():
    return {}
with model.trace("Hello", remote=True):
    value = int(inspect.getsource(number).split()[-1]).save()
"""

# What the readers did: two traces with an invoke each, in one script.
with model.trace(remote=True) as tracer:  # noqa: SIM117 - as one writes it
    with tracer.invoke("The Eiffel Tower is in the city of"):
        one = model.lm_head.output[0, -1].argmax().save()

with model.trace(remote=True) as tracer:  # noqa: SIM117
    with tracer.invoke("The Colosseum is in the city of"):
        two = model.lm_head.output[0, -1].argmax().save()

with model.trace(["The Eiffel Tower is in the city of"]):
    here_one = model.lm_head.output[0, -1].argmax().save()
with model.trace(["The Colosseum is in the city of"]):
    here_two = model.lm_head.output[0, -1].argmax().save()
found["two invokes"] = [int(one), int(two)] == [int(here_one), int(here_two)]
found["they differ"] = int(one) != int(two)

for name, code in {
    "invoke": INVOKES,
    "session": SESSION,
    "backward": BACKWARD,
    "function": FUNCTION,
    "source": SOURCE,
}.items():
    try:
        found[f"edited {name}"] = [run(code.format(number)) for number in (1, 2)]
    except Exception as error:
        found[f"edited {name}"] = [type(error).__name__, str(error)[-300:]]


class Marked:
    pass


def counted():
    with model.trace("Hello", remote=True):
        count = getattr(Marked, "count", 0).save()
        Marked.count = count + 1
    return [count]


found["a class"] = [*counted(), *counted()]


def numbers():
    with model.trace("Hello", remote=True):
        import random

        import numpy

        drawn = [random.random(), float(numpy.random.rand()), float(torch.rand(1))].save()
    return list(drawn)


first = numbers()
found["random numbers"] = first == numbers()


class Late:
    def __del__(self, torch=torch):
        torch.prod = torch.mean


def leaves():
    with model.trace("Hello", remote=True):
        late = Late()
        late.itself = late
        done = True.save()
    return [done]


def prod():
    with model.trace("Hello", remote=True):
        import gc

        gc.collect()
        name = torch.prod.__name__.save()
    return [name]


leaves()
found["after an object has gone"] = prod()


def patched():
    with model.trace("Hello", remote=True):
        torch.sum = torch.mean
        done = True.save()
    return [done]


def total():
    with model.trace("Hello", remote=True):
        total = torch.sum(model.lm_head.output).item().save()
    return [total]


before = total()
patched()
found["after a patch"] = before == total()


def surroundings():
    with model.trace("Hello", remote=True):
        import threading
        import time

        files = [path.name for path in Path().iterdir()]
        seen = [os.environ.get("LEFT"), files, threading.active_count()].save()
        os.environ["LEFT"] = "1"
        Path("left.txt").touch()
        Path("left").mkdir(exist_ok=True)
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
    return list(seen)


found["surroundings"] = [surroundings(), surroundings()]

Path(sys.argv[1]).write_text(json.dumps(found))
