"""Before any work, what a profile needs is asked for; what is missing is one line."""

import json
import platform
import time
from importlib.metadata import version

import pytest

from nnsight_guide.base.errors import GuideError
from nnsight_guide.model import preflight, profiles
from nnsight_guide.ndif import availability, client
from tests.support.services import answering, blackhole, silent

KEY = "0123456789abcdef-the-right-one"
MODEL = "EleutherAI/gpt-j-6b"
LIVE = {"repo_id": MODEL, "revision": None, "task": "text-generation"}
RUNNING = {"application_state": "RUNNING"}


def who(headers):
    return {"email": "you@example.org" if headers["ndif-api-key"] == KEY else None}


def answers(**changed):
    packages = {name: version(name) for name in availability.COMPARED}
    return {
        "/whoami": who,
        "/status": {"deployments": {"one": {**LIVE, **RUNNING}}},
        "/env": {"python_version": platform.python_version(), "packages": packages},
        **{f"/{path}": answer for path, answer in changed.items()},
    }


def check(host, key=KEY, model=MODEL):
    profile = profiles.Profile("remote", model, "ndif")
    preflight.check_profile(profile, {"NDIF_HOST": host, "NDIF_API_KEY": key})


def complaint(host, **more):
    with pytest.raises(GuideError) as caught:
        check(host, **more)
    message = str(caught.value)
    assert "\n" not in message
    assert KEY not in message
    assert message.endswith("or build with GUIDE_PROFILE=demo")
    return message


@pytest.fixture(autouse=True)
def _impatience(monkeypatch):
    monkeypatch.setattr(client, "WAITS_TO_ASK", (0.01, 0.01))


def test_a_service_that_has_all_of_it_is_fine():
    with answering(answers()) as host:
        check(host)
        check(host + "/")


def test_the_demo_asks_nothing(profile):
    preflight.check_profile(profile, {"NDIF_HOST": "nonsense"})


def test_an_unknown_key_is_named_as_the_cause_but_never_shown():
    with answering(answers()) as host:
        message = complaint(host, key="another-key-than-that")
    assert message.startswith(f"{host} does not know the key in NDIF_API_KEY: set the one that")
    assert "another" not in message


def test_a_refused_key_is_named_as_the_cause():
    with answering(answers(whoami=401)) as host:
        assert complaint(host).startswith(f"{host} refuses the key in NDIF_API_KEY: ")


@pytest.mark.parametrize(
    "key", ["two words-two words", "a-line\nbreak-in-it", "na\N{IDEOGRAPHIC SPACE}ive-key"]
)
def test_a_key_that_cannot_be_one_is_refused_without_showing_it(key):
    message = complaint("http://127.0.0.1:9", key=key)
    assert message.startswith("NDIF_API_KEY holds a character that no key has")
    assert key not in message


@pytest.mark.parametrize(
    "told",
    [
        {**LIVE, "application_state": "DEPLOYING"},
        {**LIVE, **RUNNING, "revision": "float16"},
        {**LIVE, **RUNNING, "task": "feature-extraction"},
    ],
)
def test_a_model_that_is_not_live_is_named_with_those_that_are(told):
    other = {"repo_id": "openai-community/gpt2", **RUNNING}
    with answering(answers(status={"deployments": {"one": told, "two": other}})) as host:
        message = complaint(host)
    assert message.startswith(f"{MODEL} is not live on the service (live are ")
    assert "openai-community/gpt2): try again later" in message


def test_where_no_model_is_live_that_is_said():
    assert (
        availability.why_not_live(MODEL, {}) == f"{MODEL} is not live on the service (no model is)"
    )


def test_of_many_live_models_some_are_named():
    many = {str(n): {"repo_id": f"m/{n:02}", **RUNNING} for n in range(40)}
    assert "m/00, m/01" in availability.why_not_live(MODEL, many)
    assert availability.why_not_live(MODEL, many).endswith("m/11 and 28 more)")


def test_a_model_is_live_however_its_name_is_capitalised():
    assert not availability.why_not_live(MODEL.upper(), {"one": {**LIVE, **RUNNING}})


def test_other_versions_are_named_here_and_there():
    packages = {"nnsight": "0.7.0", "torch": version("torch").split("+")[0] + "+cu130"}
    env = {"python_version": "3.10.2 (main) [GCC]", "packages": packages}
    with answering(answers(env=env)) as host:
        message = complaint(host)
    python = ".".join(platform.python_version().split(".")[:2])
    here = version("nnsight")
    assert message.startswith(
        f"this installation and {host} do not match: Python {python} here, 3.10 there, "
        f"nnsight {here} here, 0.7.0 there; install the versions that are there"
    )


def test_what_a_service_does_not_tell_is_no_fault():
    with answering(answers(whoami=404, env=404)) as host:
        check(host)
    with answering(answers(env={})) as host:
        check(host)


def test_what_a_service_tells_in_another_shape_counts_as_not_told():
    with answering(answers(env={"packages": ["torch"]})) as host:
        check(host)
    with answering(answers(status={"deployments": [MODEL]})) as host:
        assert "is not live on the service (no model is)" in complaint(host)


def test_a_server_that_is_no_ndif_is_refused():
    with answering(answers(whoami="<html>Welcome!</html>")) as host:
        assert complaint(host).startswith(f"{host} is no NDIF")


@pytest.mark.parametrize("host", ["api.ndif.us", "https://a b:x"])
def test_an_address_that_is_none_is_refused(host):
    assert complaint(host).startswith("NDIF_HOST is no address")


def test_a_service_that_is_down_is_named():
    with answering({}) as host:
        pass
    assert complaint(host).startswith(f"{host} cannot be reached ([Errno 111] Connection refused)")


def test_a_name_that_leads_nowhere_is_named():
    assert "cannot be reached" in complaint("http://nowhere.invalid")


def test_a_service_that_recovers_while_it_is_asked_is_fine():
    told = iter([503, 502, {"email": "you"}])
    with answering(answers(whoami=lambda _: next(told))) as host:
        check(host)


def test_a_service_that_stays_in_trouble_is_named_with_what_it_said():
    with answering(answers(status=503)) as host:
        assert complaint(host).startswith(f"{host} answers 503 Service Unavailable to /status")


@pytest.mark.parametrize(
    ("trouble", "limit"),
    [(blackhole, "CONNECT_SECONDS"), (silent, "READ_SECONDS"), (silent, "TOTAL_SECONDS")],
)
def test_a_service_that_says_nothing_is_given_up_within_the_stated_time(
    monkeypatch, trouble, limit
):
    assert client.CONNECT_SECONDS <= client.READ_SECONDS <= client.TOTAL_SECONDS <= 60
    monkeypatch.setattr(client, limit, 0.4)
    begin = time.monotonic()
    with trouble() as host:
        message = complaint(host)
    assert time.monotonic() - begin < 3
    assert message.startswith(f"{host} has not answered within 0.4 s: look at your network")


def test_the_host_that_nnsight_itself_asks_is_the_default():
    import nnsight

    assert client.default_host() == nnsight.CONFIG.__class__().API.HOST


@pytest.fixture
def checkpoint(tmp_path):
    (tmp_path / "config.json").write_text('{"dtype": "float16"}')
    (tmp_path / "model.safetensors").write_bytes(b"0" * 1000)
    return tmp_path


def local(folder):
    preflight.check_profile(profiles.Profile("local", str(folder), "its fingerprint"), {})


def test_weights_that_are_there_and_fit_are_fine(checkpoint):
    local(checkpoint)


def test_too_little_memory_is_said_in_numbers(checkpoint, monkeypatch):
    monkeypatch.setattr(preflight, "free_bytes", lambda: 1_000_000_000)
    monkeypatch.setattr(preflight, "free_bytes_of_gpus", lambda: 0)
    with pytest.raises(GuideError, match=r"needs 2\.1 GB of free memory, and 1\.0 GB are free: "):
        local(checkpoint)


def test_a_gpu_with_room_will_do(checkpoint, monkeypatch):
    monkeypatch.setattr(preflight, "free_bytes", lambda: 0)
    monkeypatch.setattr(preflight, "free_bytes_of_gpus", lambda: 80 * 1024**3)
    local(checkpoint)


def test_weights_in_float32_take_half_of_it_in_memory(checkpoint):
    files = preflight.weight_files(checkpoint)
    assert preflight.loaded_bytes(checkpoint, files) == 1000
    (checkpoint / "config.json").write_text("{}")
    assert preflight.loaded_bytes(checkpoint, files) == 500


def test_a_config_without_weights_is_refused_with_the_remedy(checkpoint):
    (checkpoint / "model.safetensors").unlink()
    with pytest.raises(GuideError, match="all files are missing: fetch them with `hf download"):
        local(checkpoint)


def test_a_missing_shard_is_noticed(checkpoint):
    (checkpoint / "model.safetensors").unlink()
    shards = {"a": "model-1.safetensors", "b": "model-2.safetensors"}
    index = checkpoint / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": shards}))
    (checkpoint / "model-1.safetensors").write_bytes(b"0")
    with pytest.raises(GuideError, match="some files are missing"):
        local(checkpoint)


def test_free_memory_is_a_number_of_this_machine():
    assert 100_000_000 < preflight.free_bytes() < 100 * 1024**4


def test_a_checkout_that_is_not_installed_runs_with_whatever_there_is(monkeypatch):
    def missing(name):
        raise preflight.PackageNotFoundError(name)

    monkeypatch.setattr(preflight, "requires", missing)
    preflight.check_libraries()
    monkeypatch.setattr(preflight, "requires", lambda name: ["transformers<5"])
    with pytest.raises(GuideError, match="the guide needs transformers<5; `make install`"):
        preflight.check_libraries()
