"""Counts what happens in every process of a benchmark: cells, loads of the model, imports of torch.

Python imports a module of this name at its start, if its folder is on the path. The sources of
the benchmark call `count_cell` at the head of each cell; a load is a call of `from_pretrained` of
a transformers model.
"""

import builtins
import functools
import importlib.abc
import importlib.util
import os
import sys
from types import ModuleType
from typing import Any

LOG = os.environ.get("BENCHMARK_LOG")
MODULE = "transformers.modeling_utils"


def _note(what: str) -> None:
    log = os.open(str(LOG), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(log, f"{what} {os.getpid()}\n".encode())
    os.close(log)


def _notice_torch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "import" and arguments[0] == "torch":
        _note("torch")


class _AfterImport(importlib.abc.MetaPathFinder):
    """Counts the loads, from when the module that loads has been imported."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name != MODULE:
            return None
        sys.meta_path.remove(self)
        spec: Any = importlib.util.find_spec(name)
        execute = spec.loader.exec_module

        def execute_and_wrap(module: ModuleType) -> None:
            execute(module)
            loads = module.PreTrainedModel.from_pretrained.__func__

            @functools.wraps(loads)
            def counted(*args: Any, **kwargs: Any) -> Any:
                name = args[1] if len(args) > 1 else kwargs["pretrained_model_name_or_path"]
                _note(f"load:{name}")
                return loads(*args, **kwargs)

            module.PreTrainedModel.from_pretrained = classmethod(counted)

        spec.loader.exec_module = execute_and_wrap
        return spec


if LOG:
    vars(builtins)["count_cell"] = lambda name: _note(f"cell:{name}")
    sys.addaudithook(_notice_torch)
    sys.meta_path.insert(0, _AfterImport())
