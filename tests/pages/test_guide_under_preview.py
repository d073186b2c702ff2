"""The whole guide under a preview: what is served after an edit is what a build from nothing gives.

`tests/site/test_page_memory.py` asks the same of a small site, hundreds of times.
"""

import shutil

import pytest

from nnsight_guide.base.project import Project
from tests.support.previews import Author, differing, from_nothing

EDITS = {  # of each kind, and all of them one after the other
    "docs/index.md": lambda text: f"{text}\nEdited.\n",
    "docs/chapters/tokenizers.md": lambda text: text.replace("# Tokenizers", "# All of them", 1),
    "docs/chapters/changing-values.md": lambda text: f"{text}\n## A heading\n\nThe logit lens.\n",
    "docs/glossary.md": lambda text: f"{text}\n## Embedding matrix\n\nA word.\n",
    "docs/errors.md": lambda text: f"{text}\nMore on attention.\n",
    "snippets/tokenizer_basics.py": lambda text: f"{text}\n# edited\n",
    "src/nnsight_guide/checks/questions.py": lambda text: text.replace('"""', '"""Now: ', 1),
    "overrides/main.html": lambda text: f"{text}\n{{# edited #}}\n",
    "benchmarks/results/bench.md": lambda text: f"{text}\nEdited.\n",
    "mkdocs.yml": lambda text: text.replace("site_name: ", "site_name: Again, ", 1),
}


@pytest.fixture
def author(built, tmp_path, monkeypatch):
    """Somebody who edits a copy of the guide, which nobody else looks at."""
    guide = shutil.copytree(built / "guide", tmp_path / "guide", symlinks=True)
    monkeypatch.chdir(guide)
    author = Author(Project(guide))
    yield author
    author.close()


@pytest.mark.long
def test_after_an_edit_of_each_kind_the_whole_guide_is_as_from_nothing(author):
    for place, change in EDITS.items():
        author.write(place, change)
        served, right = author.served(), from_nothing(author.project)
        assert not isinstance(served, str), (place, served)
        assert not isinstance(right, str), place
        assert not differing(served, right), place
