"""Python imports this as it starts: what begins with seconds of imports is a copy instead."""

import sys
from pathlib import Path

WARM = ("nnsight_guide.loopback.worker", "nnsight_guide.idioms.processes")


def main() -> None:
    if "-m" not in sys.orig_argv:
        return
    module, *arguments = sys.orig_argv[sys.orig_argv.index("-m") + 1 :]
    if module in WARM:
        sys.path.insert(0, str(Path(__file__).parents[1]))
        import asking

        asking.stand_for(module, [module, *arguments])


main()
