"""How a build ends: well when MkDocs is done, else with a line on what ended it.

A block of a page, an extension, a hook or a plugin may call `sys.exit()`, and MkDocs would end
there, with the exit status of a success and not a word.
"""

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from nnsight_guide.base.errors import GuideError

REMEDY = "let it raise an exception, or take it out"


def run_mkdocs(*arguments: str) -> None:
    """Run a command of MkDocs to its end.

    Raises:
        GuideError: something ended it before it was done.
        SystemExit: it has failed, and said why.

    """
    from mkdocs.__main__ import cli  # which takes half a second

    done: list[object] = []
    cli.result_callback()(lambda *results, **_: done.extend(results))
    with _no_way_out():
        try:
            cli.main([*arguments], prog_name="mkdocs")
        except SystemExit as end:
            if end.code:
                raise
            if not done:
                raise GuideError(why_it_ended(end)) from None


def why_it_ended(end: BaseException) -> str:
    """Say what wanted to end the process, and where that stands."""
    calls = [call for call in traceback.extract_tb(end.__traceback__) if call.filename != __file__]
    last = calls[-1]
    path = Path(last.filename)
    name = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path.name
    return f"{name}, line {last.lineno}, ends the build (`{last.line}`): {REMEDY}"


def slip_in_template(error: Exception, folder: str | None) -> str | None:
    """Say what is wrong in the site's own part of the theme, and where, if that has ended a build.

    Args:
        error: what has ended it.
        folder: where that part of the theme lies, if there is one.

    """
    from jinja2 import TemplateNotFound, TemplateSyntaxError  # a build without work needs none

    places = [(call.filename, call.lineno) for call in traceback.extract_tb(error.__traceback__)]
    cause = f"{type(error).__name__}: {error}"
    if isinstance(error, TemplateSyntaxError):
        places.append((error.filename or "", error.lineno))
        cause = str(error.message)
    elif isinstance(error, TemplateNotFound):  # whose own text lists folders of this machine
        cause = f"there is no template '{error.name}'"
    for name, line in reversed(places):
        if folder and Path(name).is_relative_to(folder):
            return f"{Path(folder).name}/{Path(name).relative_to(folder)}, line {line}: {cause}"
    return None


def guarded(build: Callable[..., Any], ended: Callable[[SystemExit], NoReturn]) -> Any:
    """Return a build that `ended` is told of, if something ends it that is no error of MkDocs."""

    def guarded_build(*arguments: Any) -> None:
        try:
            build(*arguments)
        except SystemExit as end:
            ended(end)

    return guarded_build


@contextmanager
def _no_way_out() -> Iterator[None]:
    """Make a SystemExit of what would end this process at once, or make another program of it."""
    leave, own, is_over = os._exit, os.getpid(), False

    def exit_politely(status: int) -> NoReturn:
        if os.getpid() != own:  # a copy of this process
            leave(status)
        raise SystemExit(status)

    def hear(event: str, _: tuple[Any, ...]) -> None:
        if event == "os.exec" and os.getpid() == own and not is_over:
            raise SystemExit

    sys.addaudithook(hear)
    os._exit = exit_politely
    try:
        yield
    finally:
        os._exit, is_over = leave, True
