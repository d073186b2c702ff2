"""Build a site in this process: that saves the second in which MkDocs and its plugins come in."""

from pathlib import Path

from mkdocs.commands.build import build
from mkdocs.config import load_config

from nnsight_guide.base.project import Project


def build_here(project: Project) -> Path:
    """Build the site of a project as `mkdocs build --strict` does, and return its folder."""
    config = load_config(str(project.root / "mkdocs.yml"), strict=True)
    config.plugins.on_startup(command="build", dirty=False)
    try:
        build(config)
    finally:
        config.plugins.on_shutdown()
    return project.root / "site"
