"""The second model for tests, and its snippets, run cell by cell; without its package, a skip."""

import ast
import importlib
import io
import re
import sys
from contextlib import redirect_stdout
from types import ModuleType
from typing import Any

import pytest

from nnsight_guide.base.errors import GuideError
from nnsight_guide.model.second_model import second_checkpoint
from tests.support.paths import ROOT

MARKER = re.compile(r"^# %% *(\w+)(?!\w*=).*$", re.MULTILINE)


def folder_or_skip() -> Any:
    """Return the folder of the checkpoint; where it cannot be made, skip the module that asks."""
    try:
        return second_checkpoint()
    except GuideError as error:
        pytest.skip(str(error), allow_module_level=True)


class CellByCell:
    """A snippet that runs when a test asks for something of it, and what each cell has printed."""

    def __init__(self, name: str) -> None:
        """Take the name of the snippet."""
        self._name = name
        self._printed: dict[str, str] = {}
        self._values: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        """Return what the snippet has by this name."""
        if name.startswith("_"):  # pytest and inspect ask for such of everything
            raise AttributeError(name)
        self._run()
        return getattr(sys.modules[f"snippets.{self._name}"], name)

    def printed(self, cell: str) -> str:
        """Return what a cell has printed."""
        self._run()
        return self._printed[cell]

    def value(self, cell: str) -> Any:
        """Return what the last line of a cell gives, which a notebook would show."""
        self._run()
        return self._values[cell]

    def _run(self) -> None:
        if self._printed:
            return
        path = ROOT / "snippets" / f"{self._name}.py"
        text = path.read_text(encoding="utf-8")
        marks = list(MARKER.finditer(text))
        starts = [0, *(mark.start() for mark in marks)]
        module = ModuleType(f"snippets.{self._name}")
        module.__file__ = str(path)
        importlib.import_module("snippets")
        for number, start in enumerate(starts):
            end = starts[number + 1] if number + 1 < len(starts) else len(text)
            # nnsight looks for the source of a trace by the number of its line in the file.
            tree = ast.parse("\n" * text.count("\n", 0, start) + text[start:end])
            last = tree.body[-1]
            if isinstance(last, ast.Expr):
                target = ast.Name("_shown", ast.Store())
                tree.body[-1] = ast.copy_location(ast.Assign([target], last.value), last)
            code = compile(ast.fix_missing_locations(tree), str(path), "exec")
            with redirect_stdout(io.StringIO()) as out:
                exec(code, module.__dict__)
            name = marks[number - 1][1] if number else ""
            self._printed[name] = out.getvalue()
            self._values[name] = module.__dict__.pop("_shown", None)
        sys.modules[module.__name__] = module
