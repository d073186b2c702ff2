"""Whatever else an output depends on: a page shows what comes of it now, or the build stops.

Changed are the set-up, other modules, the weights, the versions, the profile, and the recordings.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.version import Version
from safetensors.torch import load_file, save_file

from nnsight_guide.base import libraries
from nnsight_guide.demo_model.checkpoint import checkpoint
from nnsight_guide.recording.recordings import Recording
from tests.attacks.truth.shown import on_page
from tests.attacks.truth.small_site import SmallSite

pytestmark = [pytest.mark.long, pytest.mark.real_processes]

RECORDED = "tokenizer_basics"


@pytest.fixture(scope="module")
def fates(report_count: Callable[[str], None]) -> Iterator[list[str]]:
    """Takes what became of each change, and tells how many there were."""
    fates: list[str] = []
    yield fates
    report_count(
        f"{len(fates)} changes around the cells tried, {fates.count('survived')} survived "
        f"({fates.count('shown')} shown as they run, {fates.count('refused')} stopped the build)"
    )


@pytest.fixture(scope="module")
def site(sites: list[SmallSite]) -> SmallSite:
    return sites[0]


@pytest.fixture
def recording(site: SmallSite) -> Path:
    """The recording of a snippet for which everything is fresh, and true."""
    site.take_up(RECORDED)
    assert site.attempt().fate == "shown"
    return site.root / ".cache/nnsight-guide/recordings/demo" / f"{RECORDED}.ipynb"


@contextmanager
def changed(path: Path, content: bytes) -> Iterator[None]:
    """Let a file have another content for a while."""
    good = path.read_bytes()
    assert content != good
    path.write_bytes(content)
    try:
        yield
    finally:
        path.write_bytes(good)


CHANGES = {
    "model": [
        ("snippets/model.py", "bfloat16", "float32"),
        ("snippets/model.py", "text-generation", "feature-extraction"),
    ],
    "attention_checks": [
        ("snippets/attention_patterns.py", "h[0]", "h[1]"),
        ("src/nnsight_guide/checks/__init__.py", "Right: ", "So it is: "),
        ("src/nnsight_guide/checks/answers.py", "is still there", "has stayed"),
        ("requirements.lock", "nnsight==0.8.1", "nnsight==0.8.0"),
    ],
}


@pytest.mark.parametrize("snippet", CHANGES)
def test_a_page_shows_what_other_files_make_of_a_snippet(site, fates, snippet):
    site.take_up(snippet)
    before = site.attempt()
    assert before.fate == "shown"
    for file, old, new in CHANGES[snippet]:
        path = site.root / file
        with changed(path, path.read_text().replace(old, new).encode()):
            tried = site.attempt()
        fates.append(tried.fate)
        assert tried.fate != "survived", (file, new, tried.errors, tried.failed)
    assert site.attempt() == before


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "another output": lambda text: text.replace(b"Thursdays", b"Fridays"),
    "another source": lambda text: text.replace(b"Hello world", b"Hello you"),
    "another key": lambda text: text.replace(b'"nnsight": "0.8.1"', b'"nnsight": "0.8.2"'),
    "another dtype": lambda text: text.replace(b'"dtype": "bfloat16"', b'"dtype": "float64"'),
    "one output less": lambda text: text.replace(b'"outputs": [', b'"outputs": [], "x": [', 1),
    "half of it": lambda text: text[: len(text) // 2],
    "nothing": lambda _: b"",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_recording_that_somebody_has_changed_is_not_shown(site, fates, recording, damage):
    good = recording.read_bytes()
    recording.write_bytes(DAMAGES[damage](good))
    assert recording.read_bytes() != good
    fates.append(site.attempt().fate)
    assert fates[-1] == "shown"
    assert "float64" not in site.page.read_text()


def test_a_recording_of_anything_else_is_not_shown(site, fates, recording):
    parts = Recording.load(recording).key_parts
    assert {"Python", "torch", "model", "profile", "recording format"} <= parts.keys()
    for part in parts:
        forged = Recording.load(recording)
        forged.content["metadata"]["guide"]["key_parts"][part] = "another"
        forged.cell("decode")["outputs"][0]["text"] = "What another gave.\n"
        forged.save(recording)
        fates.append(site.attempt().fate)
        assert fates[-1] == "shown", f"made with another {part}"


def test_the_recording_of_another_snippet_is_not_shown(site, fates, recording):
    shutil.copy(recording.with_name("model.ipynb"), recording)
    fates.append(site.attempt().fate)
    assert fates[-1] == "shown"


def another_version(library: str) -> str:
    """Return a build that goes together with the other libraries: else the build just stops."""
    return f"{Version(distribution(library).version).public}+another"


@pytest.mark.parametrize("library", libraries.LIBRARIES)
def test_another_version_of_a_library_is_seen_and_named(site, fates, recording, library):
    source, version = site.root / "src", another_version(library)
    package, metadata = source / library, source / f"{library}-{version}.dist-info"
    package.symlink_to(distribution(library).locate_file(library))
    metadata.mkdir()
    described = f"Metadata-Version: 2.1\nName: {library}\nVersion: {version}\n"
    (metadata / "METADATA").write_text(described)
    try:
        fates.append(site.attempt().fate)
    finally:
        package.unlink()
        shutil.rmtree(metadata)
    assert fates[-1] == "shown"
    assert Recording.load(recording).key_parts[library] == version


def test_another_profile_and_other_weights_of_the_same_name_are_seen(site, fates, tmp_path):
    site.take_up("trace_and_save")
    folder = tmp_path / "weights"
    shutil.copytree(checkpoint(), folder)
    file = folder / "model.safetensors"
    weights = load_file(file)
    file.unlink()  # the copy may share the demo's file
    with site.under(GUIDE_PROFILE="local", GUIDE_MODEL=str(folder)):
        for token, answer in ((464, "464 'The'"), (262, "262 ' the'")):
            bias = weights["lm_head.bias"].clone()
            bias[token] = 1000
            save_file(weights | {"lm_head.bias": bias}, file, {"format": "pt"})
            assert site.build() == []
            shown = on_page(site.page)["trace_and_save", "predict"][1]
            fates.append("shown" if shown == [answer] else "survived")
            assert fates[-1] == "shown"
    fates.append(site.attempt().fate)  # with the demo's profile again
    assert fates[-1] == "shown"


def test_one_bit_of_the_expanded_checkpoint_is_put_right_before_it_is_used(site, fates, tmp_path):
    site.take_up("trace_and_save")
    file = checkpoint(tmp_path / "nnsight-guide") / "model.safetensors"
    good = file.read_bytes()
    file.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    shutil.rmtree(site.root / ".cache")
    with site.under(XDG_CACHE_HOME=str(tmp_path)):
        fates.append(site.attempt().fate)
    assert fates[-1] == "shown"
    assert file.read_bytes() == good


def test_one_bit_of_the_shipped_weights_stops_the_build(site, fates):
    site.take_up("trace_and_save")
    path = site.root / "src/nnsight_guide/demo_model/weights.safetensors"
    good = path.read_bytes()
    with changed(path, good[:-1] + bytes([good[-1] ^ 1])):
        fates.append(site.attempt().fate)
    assert fates[-1] == "refused"
