"""The whole site on the small random weights."""

import pytest
from transformers import GPTJConfig

from benchmarks.full_size.pages import faults
from nnsight_guide.model import profiles
from tests.support import warm


@pytest.fixture(scope="module")
def variables(written):
    return {"GUIDE_PROFILE": "local", "GUIDE_MODEL": str(written)}


@pytest.fixture(scope="module")
def site(checkout, first_build, variables, command, tmp_path_factory):
    """The site on these weights; what runs on the demo model has run already."""
    folder = tmp_path_factory.mktemp("site")
    build = ("mkdocs", "build", "--strict", "--site-dir", str(folder))
    own = warm.path(str(checkout / "src"))
    done = command(*build, cwd=checkout, PYTHONPATH=own, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_a_site_on_random_weights_says_so_shows_their_shapes_and_no_path(
    site, config, written, variables
):
    assert faults(site, config, profiles.current(variables).model_id, written) == []


def test_a_site_with_other_shapes_or_under_another_name_has_faults(site, config, written):
    other = GPTJConfig(**{**config.to_dict(), "n_layer": config.n_layer + 1})
    found = faults(site, other, "a trained one", written)
    assert "model_config/dimensions: does not show '4 layers of 4 heads'" in found
    assert "chapters/running-the-model: the note at its head does not say 'a trained one'" in found
