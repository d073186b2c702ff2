"""What a page says of installing, for each kind of site."""

import pytest
from bs4 import BeautifulSoup

from nnsight_guide.html.installing import Package, installation_html, pins

LOCK = """\
accelerate==1.15.0
    # via nnsight-guide (pyproject.toml)
nnsight==0.8.1
torch==2.13.0 ; python_version > "3"
transformers==5.23.0 ; python_version > "3"
"""


def commands(package):
    (code,) = BeautifulSoup(installation_html(package), "html.parser").select("pre > code")
    return code.get_text().splitlines()


def test_the_pins_are_those_of_the_lock_and_of_no_comment():
    assert pins(LOCK) == ("accelerate==1.15.0", "nnsight==0.8.1", "transformers==5.23.0")


@pytest.mark.parametrize(
    ("package", "wheel"),
    [
        (Package("g.whl", ("a==1",), "https://g.org/"), "https://g.org/downloads/g.whl"),
        (Package("g.whl", ("a==1",), is_offline=True), "downloads/g.whl"),
    ],
)
def test_a_published_or_unpacked_site_installs_its_wheel_into_an_environment(package, wheel):
    *first, command = commands(package)
    assert first == ["python3 -m venv guide", ". guide/bin/activate"]
    assert command == f'pip install "{wheel}" a==1'


def test_whoever_has_a_clone_uses_its_own_environment():
    assert commands(Package("g.whl", ("a==1",))) == ["make install", ". .venv/bin/activate"]
