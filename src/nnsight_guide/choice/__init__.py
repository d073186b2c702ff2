"""Which model the guide's code runs on, chosen in one line: `use("demo")`.

It sets the variables that the set-up of each chapter reads, so it has to come before that.
"""

import atexit
import os
import sys
from contextlib import ExitStack

from nnsight_guide import loopback
from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import did_you_mean
from nnsight_guide.base.redaction import API_KEY_VARIABLE
from nnsight_guide.model.second_model import ORIGIN, second_checkpoint

CHOICES = {
    "demo": "The guide's code runs on its demo model, here.",
    "gpt-j": "The guide's code runs on GPT-J, here: its weights are downloaded, if need be.",
    "ndif": "The guide's code runs on GPT-J, on NDIF.",
    "loopback": "The guide's code runs on its demo model, on a stand-in for NDIF on this machine.",
    "smollm2": f"The pages on another architecture run on {ORIGIN}.",
}

# A service ends with the process that has started it.
_started = ExitStack()
_services: list[loopback.Service] = []


def use(choice: str) -> None:
    """Let the guide's code, in this process, run on the model that is chosen.

    Args:
        choice: `"demo"`, the small model that the guide brings; `"gpt-j"`, on this machine;
            `"ndif"`, GPT-J on NDIF; `"loopback"`, the demo model behind a stand-in for NDIF; or,
            for the pages on another architecture, `"smollm2"`, from its package and not the hub.

    Raises:
        GuideError: there is no such choice, it comes too late, or the package is missing.

    """
    if choice not in CHOICES:
        raise GuideError(f"there is no model '{choice}'{did_you_mean(choice, CHOICES)}")
    if choice == "loopback" and not _services and "nnsight" in sys.modules:
        raise GuideError("nnsight has asked already where NDIF is: restart, and choose first")
    if choice not in ("loopback", "smollm2") and _services:
        raise GuideError("this process is led to the stand-in for NDIF: restart, and choose again")
    os.environ.update(_variables(choice))
    print(CHOICES[choice])
    if choice == "ndif" and not os.environ.get(API_KEY_VARIABLE):
        print(f"{API_KEY_VARIABLE} is not set: NDIF gives a key at login.ndif.us")


def _variables(choice: str) -> dict[str, str]:
    if choice == "loopback":
        if not _services:
            atexit.register(_started.close)
            _services.append(_started.enter_context(loopback.start()))
        return _services[0].for_the_guide()
    if choice == "smollm2":
        return {"GUIDE_SECOND_MODEL": str(second_checkpoint())}
    folder = ""
    if choice == "demo":
        from nnsight_guide.demo_model.checkpoint import checkpoint

        folder = str(checkpoint())
    return {"GUIDE_MODEL": folder, "GUIDE_REMOTE": "1" if choice == "ndif" else ""}
