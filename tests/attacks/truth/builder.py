"""What `mkdocs serve` does at each change, on demand: each line asks for a build of the site here.

As there, the plugin stays from one build to the next, and with it the kernel and the model; the
configuration, the sources and the pages are read and made anew. The answer to a line is what the
build said as errors: nothing, if it went well.
"""

import json
import logging
import shutil
import sys

from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort


class Errors(logging.Handler):
    """Keeps what is logged as a warning or an error."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def main() -> None:
    errors = Errors()
    logging.getLogger("mkdocs").addHandler(errors)
    plugins = load_config().plugins  # the same objects, in each configuration to come
    plugins.on_startup(command="serve", dirty=False)
    print(json.dumps("ready"), flush=True)
    for _ in sys.stdin:
        errors.lines.clear()
        config = load_config()
        try:
            build(config)  # into a folder that the preview has chosen
            shutil.copytree(config.site_dir, "site", dirs_exist_ok=True)
        except Abort as abort:
            errors.lines.append(abort.message)
        print(json.dumps(errors.lines), flush=True)
    plugins.on_shutdown()


if __name__ == "__main__":
    main()
