"""Which model the snippets run on, and what that takes.

| profile | model | needs |
|---|---|---|
| `demo` (the default) | the small GPT-J that the guide ships | nothing |
| `local` | `EleutherAI/gpt-j-6b`, or whatever `GUIDE_MODEL` names | its weights: 12 GB |
| `remote` | the same on NDIF, where it must be live | `NDIF_API_KEY` |

Here it is only decided which; whether all that it needs is there is for `preflight` to say.

A snippet about remote execution needs a service. Where the profile has none, it runs on another
one, which nobody can choose: `loopback`, the demo model behind the stand-in for NDIF. Nor can
anybody choose `second-model`, on which those run that are for it, whatever the profile.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from nnsight_guide import demo_model
from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import did_you_mean
from nnsight_guide.base.redaction import API_KEY_VARIABLE
from nnsight_guide.demo_model.checkpoint import checkpoint, hub_cache
from nnsight_guide.demo_model.digests import file_digest
from nnsight_guide.model import random_weights, second_model

GPT_J = "EleutherAI/gpt-j-6b"
NAMES = ("demo", "local", "remote")
LOOPBACK = "loopback"
SECOND = "second-model"

# A file above this size is known by its size, its time and its two ends, not read whole.
WHOLE_FILE_BYTES = 256 * 1024**2
END_BYTES = 1024**2

# A small model may keep the memory that it has freed: glibc spends a quarter of the time on asking
# the system for it again. (What a kernel of GPT-J gives back is another program's.)
KEEP_FREED = {
    "MALLOC_MMAP_THRESHOLD_": str(32 * 1024**2),  # glibc allows no more
    "MALLOC_TRIM_THRESHOLD_": str(512 * 1024**2),
}

# Only what runs on NDIF gets the key: to nnsight an empty one is none.
NO_KEY = {API_KEY_VARIABLE: ""}


@dataclass(frozen=True)
class Profile:
    """A model to run the snippets on.

    Attributes:
        name: the profile's own name: demo, local, remote, loopback or second-model.
        model_id: what pages call the model.
        fingerprint: names the very weights: another checkpoint of the same name is another model.
        environment: what the snippets' process needs beside the one it inherits.
        folder: where the weights lie, if they are loaded here from a folder that somebody named.
        is_random: whether nobody has trained them.
        setup: the module of `snippets` that loads the model.

    """

    name: str
    model_id: str
    fingerprint: str
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    is_random: bool = False
    setup: str = "model"

    @property
    def is_remote(self) -> bool:
        """Whether traces run on NDIF."""
        return self.name == "remote"


def current(environ: Mapping[str, str] = os.environ) -> Profile:
    """Return the profile that `GUIDE_PROFILE` names, ready to run.

    Raises:
        GuideError: there is no such profile, or what it needs is missing.

    """
    name = environ.get("GUIDE_PROFILE") or "demo"
    if name == "demo":
        return _demo()
    if name == "local":
        return _local(environ.get("GUIDE_MODEL") or GPT_J)
    if name == "remote":
        return _remote(environ)
    raise GuideError(f"GUIDE_PROFILE: there is no profile '{name}'{did_you_mean(name, NAMES)}")


def behind_stand_in(profile: Profile) -> Profile:
    """Return where a snippet about remote execution runs if its own `profile` has no service."""
    return replace(profile if profile.name == "demo" else _demo(), name=LOOPBACK, environment={})


def _demo() -> Profile:
    folder = checkpoint()
    return Profile(
        name="demo",
        model_id=demo_model.MODEL_ID,
        fingerprint=fingerprint(folder),
        # Loading by its public name, never by its folder, keeps this machine's paths off the pages.
        environment={
            **NO_KEY,
            **KEEP_FREED,
            **demo_model.WITHOUT_HUB,
            "GUIDE_MODEL": demo_model.MODEL_ID,
            "GUIDE_REMOTE": "",
            "HF_HUB_CACHE": str(hub_cache(folder)),
        },
    )


def second() -> Profile:
    """Return the second model as a profile, whether or not its checkpoint has been made."""
    return Profile(
        name=SECOND,
        model_id=second_model.SMOLLM2,
        fingerprint=second_model.second_revision(),
        environment={
            **NO_KEY,
            **KEEP_FREED,
            **demo_model.WITHOUT_HUB,
            "GUIDE_SECOND_MODEL": "",
            "HF_HUB_CACHE": str(hub_cache(second_model.second_folder())),
        },
        setup="second_model",
    )


def _local(model: str) -> Profile:
    checkpoint = local_folder(model)
    found = fingerprint(checkpoint)
    random_name = random_weights.name_of(checkpoint, found)
    folder = checkpoint.resolve() if checkpoint == Path(model) else None
    return Profile(
        name="local",
        # A folder goes by its own name: where it lies is this machine's affair.
        model_id=random_name or (folder.name if folder else model),
        fingerprint=found,
        environment={**NO_KEY, "GUIDE_MODEL": str(folder or model), "GUIDE_REMOTE": ""},
        folder=folder,
        is_random=bool(random_name),
    )


def local_folder(model_id: str) -> Path:
    """Return the folder of a checkpoint: the one that is named, or its place in the hub's cache.

    Raises:
        GuideError: it is in neither.

    """
    if (Path(model_id) / "config.json").is_file():
        return Path(model_id)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(model_id, local_files_only=True))
    except HFValidationError:
        raise GuideError(
            f"GUIDE_MODEL: {model_id} is neither a folder that holds a model (there is no "
            "config.json), nor the name of one on the hub: name one of them, or build with "
            "GUIDE_PROFILE=demo"
        ) from None
    except LocalEntryNotFoundError:
        raise GuideError(
            f"the weights of {model_id} are not in the Hugging Face cache: "
            f"fetch them with `hf download {model_id}`, or build with GUIDE_PROFILE=demo"
        ) from None


def _remote(environ: Mapping[str, str]) -> Profile:
    if not environ.get(API_KEY_VARIABLE):
        raise GuideError(
            "GUIDE_PROFILE=remote needs an API key: set NDIF_API_KEY (login.ndif.us gives one), "
            "or build with GUIDE_PROFILE=demo"
        )
    model_id = environ.get("GUIDE_MODEL") or GPT_J
    return Profile(
        name="remote",
        model_id=model_id,
        # Jobs ask for this revision, and `preflight` makes sure that it is the one that is live.
        fingerprint=f"ndif:{model_id}@main",
        environment={"GUIDE_MODEL": model_id, "GUIDE_REMOTE": "1"},
    )


def fingerprint(folder: Path) -> str:
    """Return a hash over the files of a checkpoint.

    Every file is read whole, but for those above 256 MiB: of these the name, the size, the time
    of the last change and the two ends count, so that 12 GB are not read at every build. A note
    on the fingerprint itself (`random_weights`) is not part of it.
    """
    digest = hashlib.sha256()
    files = (path for path in folder.iterdir() if path.is_file())
    for path in sorted(path for path in files if path.name != random_weights.NOTE):
        size = path.stat().st_size
        digest.update(f"{path.name}\0{size}\0".encode())
        if size <= WHOLE_FILE_BYTES:
            digest.update(bytes.fromhex(file_digest(path)))
        else:
            with path.open("rb") as file:
                digest.update(str(path.stat().st_mtime_ns).encode())
                digest.update(file.read(END_BYTES))
                file.seek(-END_BYTES, os.SEEK_END)
                digest.update(file.read(END_BYTES))
    return digest.hexdigest()[:16]
