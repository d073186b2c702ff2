"""Run snippets, idioms (right code) and the checkers here, and with the model elsewhere; tell both.

`python -m tests.support.elsewhere FILE [DEVICE]` in a checkout writes a file of JSON, with what was
printed on the CPU and on the device: a stand-in for a GPU, unless one that torch has is named. It
runs in a process of its own, since the stand-in cannot be taken away again. With a third argument,
`second_model`, it is the snippets for the second model that run, and no idiom and no other checker.
"""

import contextlib
import importlib
import io
import json
import re
import runpy
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nnsight_guide import checks
from nnsight_guide.base.project import Project
from nnsight_guide.checks.rotary import patterns_of_slips
from nnsight_guide.idioms.idiom import idiom_paths, read_idiom
from nnsight_guide.recording.cells import is_remote
from nnsight_guide.recording.imports import project_imports
from tests.support import elsewhere

# A trial run on shapes has numbers on no device, and PyTorch's own stand-in for tensors, which
# does not know ours.
SCAN = re.compile(r"^# %% scan\n(?:(?!# %%).*\n)*", re.MULTILINE)
SET_UPS = ("model", "second_model")
SET_UP = "from snippets.{} import"
IMPORT = re.compile(r"^from snippets\.(\w+) import", re.MULTILINE)
# What is broken on purpose, to see that it is seen: snippet, what it says, what it would say.
BROKEN = (
    ("rotary_attention", "position = torch.arange(vectors.shape[1], device=vectors.device)",
     "position = torch.arange(vectors.shape[1])"),
    ("rotary_attention", "torch.ones_like(scores, dtype=torch.bool)",
     "torch.ones(scores.shape, dtype=torch.bool)"),
    ("input_and_output", "print(torch.equal(passed_on, received))",
     "print(torch.equal(passed_on, torch.zeros(received.shape)))"),
)  # fmt: skip
PROMPT = "The Eiffel Tower is in the city of"


model: Any  # the one that the set-up loads


def main(target: str, device: str = elsewhere.NAME, setup: str = "model") -> None:
    """Run all of it, and write what was told."""
    global model
    model = importlib.import_module(f"snippets.{setup}").model
    is_demo = setup == "model"
    sources = dict(code_that_uses(SET_UP.format(setup), Project.find()))
    if device == elsewhere.NAME:
        sources = {name: SCAN.sub("", source) for name, source in sources.items()}
        sources = {name: source for name, source in sources.items() if ".scan(" not in source}
    told: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model.dispatch()
        model._module.to("cpu")
        first = without_what_others_import(sources)
        told["here"] = {**printed(first, folder), "checkers": faults() if is_demo else []}
        kept = elsewhere.register() if device == elsewhere.NAME else None
        model._module.to(device)
        told["device"] = str(model.device)
        told["elsewhere"] = {**printed(first, folder), "checkers": faults() if is_demo else []}
        told["broken"] = [
            error_of(sources[snippet].replace(old, new), folder)
            for snippet, old, new in (BROKEN if is_demo else ())
        ]
        del kept  # only now may the stand-in be gone
    Path(target).write_text(json.dumps(told), encoding="utf-8")


def code_that_uses(set_up: str, project: Project) -> Iterator[tuple[str, str]]:
    """Yield the name and code of each snippet, and of the right cell of each idiom and error."""
    for name in project.snippet_names():
        path = project.snippet_path(name)
        source = path.read_text(encoding="utf-8")
        imported = project_imports(path, project.root)
        others = [file for file in imported if file.parent == path.parent and file.suffix == ".py"]
        used = [source, *(file.read_text("utf-8") for file in others if file.stem not in SET_UPS)]
        loads = any("TransformersModel(" in text for text in used)  # a model of its own, here
        if set_up in source and not is_remote(path) and not loads:
            yield name, source
    for path in idiom_paths(project).values():
        idiom = read_idiom(path)
        if f"{set_up} model" in idiom.setup:  # others load a model of their own
            yield f"{idiom.folder}/{idiom.name}", f"{idiom.setup}\n\n{idiom.now}\n"


def without_what_others_import(sources: Mapping[str, str]) -> dict[str, str]:
    """Return the code without the snippets that other ones import, which run and print there."""
    imported = {name for source in sources.values() for name in IMPORT.findall(source)}
    return {name: source for name, source in sources.items() if name not in imported}


def printed(sources: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Run each, and return what it printed."""
    return {name: run(source, folder) for name, source in sources.items()}


def run(source: str, folder: Path) -> str:
    """Run code from a file, since nnsight reads it there, and return what it printed."""
    for name in [name for name in sys.modules if name.startswith("snippets.")]:
        if name.removeprefix("snippets.") not in SET_UPS:
            del sys.modules[name]  # so that what it imports runs again as well
    model._module.requires_grad_(True).zero_grad()  # what came before may have left something
    # nnsight never reads a file of the same name again.
    path = folder / f"code_{len(list(folder.iterdir()))}.py"
    path.write_text(source, encoding="utf-8")
    with contextlib.redirect_stdout(io.StringIO()) as output:
        runpy.run_path(str(path))
    return output.getvalue()


def error_of(source: str, folder: Path) -> str:
    """Run code, and return what it ended with."""
    try:
        run(source, folder)
    except Exception as error:
        return str(error)
    return ""


def faults() -> list[str | None]:
    """Return what the checkers say of right answers and wrong ones, from either device."""
    with model.trace(PROMPT):
        attn = model.transformer.h[0].attn
        q = attn.q_proj.output[0].detach().save()
        k = attn.k_proj.output[0].detach().save()
        truth = attn.output[1][0].detach().save()
    q, k = (x.unflatten(-1, (model.config.n_head, -1)).transpose(0, 1) for x in (q, k))
    slips = patterns_of_slips(q, k, model.config.rotary_dim).values()
    wrong = (truth.mT, truth.log(), truth.softmax(0), truth.flip(0), truth[None], truth[0])
    options = {"model": model, "prompt": PROMPT}
    return [
        check(place(answer), **options)
        for answer in (truth, *slips, *wrong)
        for place in (lambda tensor: tensor, lambda tensor: tensor.cpu())
        for check in (checks.fault_in_attention_patterns, checks.fault_in_rotary_attention)
    ]


if __name__ == "__main__":
    main(*sys.argv[1:])
