"""How the engine comes to a page: once, from a server or a folder, or one line says why not."""

import shutil

import pytest

from nnsight_guide.site.scripts import FOLDER, MODEL, MODEL_OFFLINE
from tests.support.browser import served
from tests.support.live import load

PARTS = ("kept", "gptj", "tokenizer", "interventions", "nnsight_code", "engine")
ASKED = "engine.run({prompt: 'The Eiffel Tower is in the city of'}).asItIs.top[0].text"
OWN_LINE = "Failed to load resource"  # Chromium's own, of what it could not fetch


@pytest.fixture(params=["server", "folder"])
def opened(request, visitor, live_folder, tmp_path):
    """Opens a page of a copy that may be damaged, and tells which file its model is in."""
    copy = shutil.copytree(live_folder, tmp_path / "site")
    if request.param == "folder":
        own = f"{copy.as_uri()}/"
        yield copy, visitor(own), f"{own}index.html", MODEL_OFFLINE
    else:
        with served(copy) as own:
            yield copy, visitor(own), own, MODEL


def test_it_works_from_a_server_and_from_a_folder_without_eval_or_another_host(opened):
    _, visit, address, model = opened
    visit.page.goto(address)
    assert load(visit.page, model) == ""
    assert visit.page.evaluate(ASKED) == " Paris"
    assert visit.refused == visit.complaints == []


def test_nothing_is_fetched_before_it_is_asked_for_and_then_once(opened):
    _, visit, address, model = opened
    visit.page.goto(address)
    visit.page.wait_for_load_state("networkidle")
    asked = {url.rpartition("/")[2] for url in visit.asked}
    assert asked <= {"", "index.html", "load.js"}
    for _ in range(2):
        assert load(visit.page, model) == ""
        # What instant navigation does with the scripts of a page.
        visit.page.evaluate(
            """async folder => {
                const script = document.createElement("script");
                script.src = `${folder}/load.js`;
                await new Promise(done => { script.onload = done; document.body.append(script); });
            }""",
            FOLDER,
        )
    for name in (*(f"{part}.js" for part in PARTS), model.rpartition("/")[2]):
        assert visit.fetched(name) == 1, name
    assert visit.complaints == []


def test_all_that_comes_has_two_megabytes_or_from_a_folder_2_6(live_folder):
    scripts = sum(path.stat().st_size for path in (live_folder / FOLDER).rglob("*.js"))
    offline = (live_folder / MODEL_OFFLINE).stat().st_size
    assert scripts <= 2.6e6
    assert scripts - offline + (live_folder / MODEL).stat().st_size <= 2.0e6


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def replace(path):
    path.write_text("<!doctype html><p>Not found</p>")


def change(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: path.unlink(), "did not load"),
        (cut, "is not whole"),
        (replace, "is not whole"),
        (change, "is not whole"),
    ],
    ids=["missing", "cut", "another page", "a bit"],
)
def test_a_model_that_is_not_whole_is_told_in_a_line_and_the_next_try_may_go_well(
    opened, damage, said
):
    copy, visit, address, model = opened
    whole = (copy / model).read_bytes()
    damage(copy / model)
    visit.page.goto(address)
    wrong = load(visit.page, model)
    name = model.rpartition("/")[2]
    assert wrong == f"{name} {said}, and without it nothing can run here: load the page again."
    assert [text for text in visit.complaints if OWN_LINE not in text] == []
    assert not visit.complaints or said == "did not load"
    (copy / model).write_bytes(whole)
    assert load(visit.page, model) == ""
    assert visit.page.evaluate(ASKED) == " Paris"


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), cut], ids=["missing", "cut"])
@pytest.mark.parametrize("name", ["gptj.js", "engine.js"])
def test_a_part_of_the_engine_that_is_not_whole_is_told_in_a_line(opened, name, damage):
    copy, visit, address, model = opened
    damage(copy / FOLDER / name)
    visit.page.goto(address)
    wrong = load(visit.page, model)
    assert wrong.startswith(f"{name} ")
    assert "\n" not in wrong
    assert [text for text in visit.complaints if OWN_LINE not in text] == []
