"""The one place that makes projects and sites for tests: small ones, and copies of the guide."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from nnsight_guide.base.project import Project
from tests.support.paths import ROOT

MODEL = """\
import os

# %% setup
import torch
from nnsight import TransformersModel

REMOTE = False
name = os.environ["GUIDE_MODEL"]
model = TransformersModel(name, task="text-generation", tokenizer=name, dtype=torch.bfloat16)
"""
TRACE = """\
from snippets.model import model

# %% ask
with model.trace("The Eiffel Tower is in the city of"):
    best = model.lm_head.output[0, -1].argmax().save()

print(best.item())
"""
REMOTE_TRACE = TRACE.replace("import model", "import REMOTE, model").replace(
    '"):', '", remote=REMOTE):'
)
# An idiom that needs no library, so that nothing slow is imported for it.
IDIOM = '"""The same\n\nStill 16.\n"""\n\n# %% then\nprint(16)\n\n# %% now\nprint(4 * 4)\n'
MATERIAL = {"name": "material", "font": False}


def make_project(folder: Path) -> Project:
    """Write a small project into `folder`: a model, and two snippets that trace it."""
    (folder / "snippets").mkdir()
    (folder / "mkdocs.yml").write_text("site_name: a small project\nplugins: [nnsight-guide]\n")
    (folder / "requirements.lock").write_text("nnsight==0.8.1\n")
    project = Project(folder)
    (project.snippets / "__init__.py").write_text("")
    (project.snippets / "model.py").write_text(MODEL)
    (project.snippets / "first.py").write_text(TRACE)
    (project.snippets / "second.py").write_text(TRACE.replace("argmax", "argmin"))
    return project


def trace_remotely(project: Project) -> Project:
    """Let the model of a project ask, in its environment, whether its traces are remote."""
    model = project.snippets / "model.py"
    model.write_text(model.read_text().replace("= False", '= os.environ["GUIDE_REMOTE"] == "1"'))
    return project


def make_site(project: Project, pages: Mapping[str, str], **settings: Any) -> Project:
    """Give a project pages, by their names, and the plugins that show cells on them.

    `settings` are MkDocs' own, in place of the usual ones or beside them.
    """
    config = {
        "site_name": "A small guide",
        "strict": True,
        "plugins": ["nnsight-guide", {"markdown-exec": {"languages": ["python"]}}],
        "markdown_extensions": ["pymdownx.superfences"],
        **settings,
    }
    (project.root / "mkdocs.yml").write_text(yaml.safe_dump(config, sort_keys=False))
    for name, text in pages.items():
        path = project.root / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return project


def block(*calls: str) -> str:
    """Return the Markdown of a block that prints what these calls of a chapter return."""
    functions = ", ".join(sorted({call.partition("(")[0] for call in calls}))
    prints = "\n".join(f"print({call})" for call in calls)
    imports = f"from nnsight_guide.chapter import {functions}"
    return f'```python exec="1" html="1"\n{imports}\n{prints}\n```\n'


def copy_checkout(to: Path, source: Path = ROOT, *, without: tuple[str, ...] = ()) -> Path:
    """Copy a checkout of the guide without what builds have made, and without these folders."""
    made = {"site", ".venv", ".git", ".cache", *without}

    def left_out(folder: str, names: list[str]) -> set[str]:
        at_root = made & {*names} if Path(folder) == source else set()
        return at_root | {
            name for name in names if name == "__pycache__" or name.endswith("_cache")
        }

    return Path(shutil.copytree(source, to, ignore=left_out))
