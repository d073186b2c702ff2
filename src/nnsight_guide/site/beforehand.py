"""What pages need whatever stands on them, made ready while a kernel computes.

A build that runs snippets waits for them with a processor to spare, and would begin only then with
what does not depend on them, for half a second: templates to compile, a model to compress.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig

from nnsight_guide.html.render import code_html
from nnsight_guide.run.plan import Plan
from nnsight_guide.site.scripts import LOADER, live_model
from nnsight_guide.site.template_memory import TemplateMemory


@contextmanager
def made_ready(config: MkDocsConfig, templates: TemplateMemory, plan: Plan) -> Iterator[None]:
    """Make it ready beside the run of a plan, which is the block; at its end it is.

    Nothing happens where nothing has to run, or where an earlier build has left templates.
    """
    if templates.are_compiled or not plan.is_stale:
        yield
        return

    steps: list[partial[Any]] = [
        partial(code_html, "import torch"),
        partial(templates.compile_ahead, config),
    ]
    if (Path(config.docs_dir) / LOADER).is_file():
        steps.append(partial(live_model, is_offline=False))

    def make() -> None:
        for step in steps:
            with suppress(Exception):  # the build comes to it as well, and says what is wrong
                step()

    thread = threading.Thread(target=make, daemon=True)
    thread.start()
    yield
    thread.join()
