"""A snippet → one script that runs anywhere, with the set-up in place of `from snippets import`."""

from collections.abc import Iterator, Mapping

from nnsight_guide.base.project import Project
from nnsight_guide.recording import cells
from nnsight_guide.recording.imports import imported_modules
from nnsight_guide.recording.recordings import Recording


def standalone_script(project: Project, recordings: Mapping[str, Recording], snippet: str) -> str:
    """Return a script with all that the snippet needs, in the order in which it runs.

    The lines `from snippets.… import …` give way to the cells of the modules that they name;
    everything else is as it was recorded. Cells that show a deliberate failure are left out,
    since a script ends there.
    """
    seen: set[str] = set()

    def parts(snippet: str) -> Iterator[str]:
        if snippet in seen:
            return
        seen.add(snippet)
        for module in imported_modules(project.snippet_path(snippet).read_bytes()):
            name = module.removeprefix("snippets.")
            if name != module and name in recordings:
                yield from parts(name)
        for name, cell in recordings[snippet].named_cells().items():
            if not cells.raises(cell):
                yield f"# %% {name}\n{cell['source']}"

    return "\n\n".join(parts(snippet)) + "\n"
