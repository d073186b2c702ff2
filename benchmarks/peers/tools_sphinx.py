"""The tools that build with Sphinx, from an environment of their own: myst-nb, sphinx-gallery."""

import subprocess
import sys
import sysconfig
import textwrap
from pathlib import Path

from benchmarks.peers import same_chapters, tools_mkdocs
from benchmarks.peers.same_chapters import CHAPTERS, Part
from benchmarks.shared.tool import EDITED, Tool
from nnsight_guide.base.project import Project

PINS = Path(__file__).with_name("peers.txt")
INDEX = """
Chapters
========

.. toctree::

{}
"""
MYST_NB = """
project = "chapters"
extensions = ["myst_nb"]
nb_execution_mode = "cache"
nb_execution_timeout = 600
nb_execution_raise_on_error = True
"""
GALLERY = """
project = "chapters"
extensions = ["sphinx_gallery.gen_gallery"]
sphinx_gallery_conf = {
    "examples_dirs": ["gallery"],
    "gallery_dirs": ["pages"],
    "filename_pattern": "",
    "min_reported_time": 10_000,
    "reset_modules": (),
    "image_scrapers": (),
}
"""


def environment(folder: Path) -> Path:
    """Return the Python of an environment that has the peers beside the project's packages."""
    python = folder / "bin" / "python"
    if not (folder / ".installed").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)  # noqa: S603
        packages = folder / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
        (packages / "project.pth").write_text(sysconfig.get_path("purelib") + "\n")
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([str(python), *install, "-r", str(PINS)], check=True)  # noqa: S603
        (folder / ".installed").touch()
    return python


def myst_nb(project: Project, folder: Path, chapters: dict[str, list[Part]], python: Path) -> Tool:
    """Return the chapters as notebooks that myst-nb executes, with jupyter-cache."""
    same_chapters.write_snippets(project, folder)
    tools_mkdocs.write_notebooks(folder / "pages", chapters)
    tool = _sphinx("myst-nb", folder, MYST_NB, f"pages/{EDITED}.ipynb", python)
    return tools_mkdocs.editing_notebooks(tool)


def sphinx_gallery(
    project: Project, folder: Path, chapters: dict[str, list[Part]], python: Path
) -> Tool:
    """Return the chapters as scripts that sphinx-gallery executes.

    It takes prose as reStructuredText; it is given the chapters' Markdown, as literal blocks.
    """
    same_chapters.write_snippets(project, folder)
    gallery = folder / "gallery"
    gallery.mkdir()
    (gallery / "GALLERY_HEADER.rst").write_text("Chapters\n========\n", encoding="utf-8")
    for chapter, parts in chapters.items():
        (gallery / f"plot_{chapter}.py").write_text(_script(chapter, parts), encoding="utf-8")
    tool = _sphinx("sphinx-gallery", folder, GALLERY, f"gallery/plot_{EDITED}.py", python)
    tool.add_prose = lambda text, words: f"{text}\n# %%\n# {words}\n"
    return tool


def _script(chapter: str, parts: list[Part]) -> str:
    blocks = [f'"""\n{chapter}\n{"=" * len(chapter)}\n"""']
    for part in parts:
        if part.name:
            blocks.append(f"# %%\n{tools_mkdocs.guarded(part)}")
        else:
            prose = "::\n\n" + textwrap.indent(part.text, "    ")
            blocks.append("# %%\n" + textwrap.indent(prose, "# ", lambda _: True))
    return "\n\n".join(blocks) + "\n"


def _sphinx(name: str, folder: Path, config: str, page: str, python: Path) -> Tool:
    (folder / "conf.py").write_text(config, encoding="utf-8")
    names = [f"plot_{chapter}" if name == "sphinx-gallery" else chapter for chapter in CHAPTERS]
    toctree = "\n".join(f"   pages/{one}" for one in names)
    (folder / "index.rst").write_text(INDEX.format(toctree), encoding="utf-8")
    built = Path(page).stem
    # What a build writes beside its sources: its server must not take it for an edit.
    written = ["_build", ".jupyter_cache", "jupyter_execute", "sg_execution_times.rst"]
    written += ["pages"] if name == "sphinx-gallery" else []
    return Tool(
        name,
        folder,
        build=[str(python), "-m", "sphinx", "-q", ".", "_build"],
        serve=lambda port: [
            *(str(python), "-m", "sphinx_autobuild", "-q", ".", "_build"),
            *("--host", "127.0.0.1", "--port", str(port), "--delay", "0"),
            *(word for path in written for word in ("--ignore", path)),
        ],
        html=folder / "_build",
        page=f"pages/{built}.html",
        prose=folder / page,
        code=folder / page,
        caches=written,
    )
