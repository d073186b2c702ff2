"""A page's blocks of Python: whatever goes wrong in one is a problem of the page, in one line.

By itself markdown-exec would write the traceback of an error on the page, and let the build go on;
and what is no `Exception`, such as `sys.exit()`, would end the build as if all had gone well.
"""

import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import markdown_exec
from mkdocs.structure.files import Files

from nnsight_guide.chapter.page import current_page
from nnsight_guide.chapter.page_code import executed_blocks, problems, without_comments
from nnsight_guide.site.endings import REMEDY
from nnsight_guide.site.notebook_files import versions

log = logging.getLogger("mkdocs.plugins.nnsight_guide")

RUN: Callable[..., Any] = markdown_exec.formatters["python"]  # type: ignore[assignment]
LINE = re.compile(r'File "<code block: [^>]*>", line (\d+)')


def install() -> None:
    """Let markdown-exec run blocks of Python so, and tell of errors here."""
    markdown_exec.formatters["python"] = run_block
    markdown_exec.patch_loggers(lambda name: _Log(log, {}))


def problems_of(files: Files) -> Iterator[str]:
    """Yield a line for each thing that is wrong with how the blocks of the pages are written."""
    for file in files.documentation_pages():
        if file.src_uri.endswith(".md"):
            is_chapter = bool(versions(file.src_uri))
            text = without_comments(file.content_string)
            for line, problem in problems(text, is_chapter=is_chapter):
                yield f"docs/{file.src_uri}, line {line}: {problem}"


def run_block(*, code: str, **options: Any) -> Any:
    """Run a block; that it wants to end the build is a problem of the page."""
    page = current_page()
    alike = (block.line for block in executed_blocks(page.source) if block.code == code.strip("\n"))
    page.blocks.append(next((line for line in alike if line not in page.blocks), 0))
    try:
        return RUN(code=code, **options)
    except (Exception, KeyboardInterrupt):
        raise
    except BaseException as error:
        said = f"ends the build with {type(error).__name__}: {REMEDY}"
        page.problems.append(f"{_where(_line_of(error))}: a block of Python {said}")
        return ""


def _line_of(error: BaseException) -> int:
    """Return the line of the block, from 1, at which an error began, or 0."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.startswith("<code block: "):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _where(line: int) -> str:
    """Return the page's file, and the line there that is this one of the block."""
    page = current_page()
    begins = page.blocks[-1] if page.blocks else 0
    return f"{page.path}, line {begins + line}" if begins else page.path


class _Log(logging.LoggerAdapter):  # type: ignore[type-arg]
    """What markdown-exec writes to when a block has failed."""

    def warning(self, msg: object, *args: object, **kwargs: Any) -> None:
        """Make a problem of the page of what ends with an error's traceback."""
        self.debug(msg)
        lines = [int(line) for line in LINE.findall(str(msg))]
        reason = str(msg).strip().splitlines()[-1].strip()
        where = _where(lines[-1] if lines else 0)
        current_page().problems.append(f"{where}: a block of Python fails: {reason}")
