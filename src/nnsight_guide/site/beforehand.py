"""What pages need whatever stands on them, made ready while a kernel computes.

A build that runs snippets waits for them with a processor to spare, and would begin only then with
what does not depend on them, for half a second: templates to compile, a model to compress.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from mkdocs.config.defaults import MkDocsConfig

from nnsight_guide.demo_model.packed import packed
from nnsight_guide.html.render import code_html
from nnsight_guide.site.template_memory import TemplateMemory


@contextmanager
def made_ready(
    config: MkDocsConfig, templates: TemplateMemory, *, is_needed: bool
) -> Iterator[None]:
    """Make it ready, if that is needed, beside what happens in the block, at whose end it is."""
    if not is_needed or templates.are_compiled:
        yield
        return

    def make() -> None:
        for step in (packed, lambda: code_html("import torch")):
            with suppress(Exception):  # the build comes to it as well, and says what is wrong
                step()
        with suppress(Exception):
            templates.compile_ahead(config)

    thread = threading.Thread(target=make, daemon=True)
    thread.start()
    yield
    thread.join()
