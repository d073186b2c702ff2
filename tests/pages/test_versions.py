"""The page on versions that go together, as it was built: it shows every recorded run."""

import re

from nnsight_guide.canary import changes

PAGE = "versions/index.html"


def test_every_recorded_run_is_on_the_page_the_latest_first(pages, checkout):
    recorded = changes.load_runs(checkout / "src/nnsight_guide/canary/runs")
    shown = pages[PAGE].select("section[data-canary]")
    assert [section["data-canary"] for section in shown] == [run.date for run in recorded]
    assert recorded
    for section, run in zip(shown, recorded, strict=True):
        assert {cell.text for cell in section.select("tbody th")} == run.newest.keys()
        ways = [item.text for item in section.select(".guide-verdicts > li")]
        assert len(ways) == 1 + len(run.ways_round)
        for change in run.changes:
            assert change.name in section.text


def test_what_the_page_says_to_install_is_what_the_guide_is_pinned_to(pages, root):
    (command,) = [
        code.text for code in pages[PAGE].select("pre code") if "pip install" in code.text
    ]
    project = (root / "pyproject.toml").read_text()
    for name in ("nnsight", "transformers"):
        (pinned,) = re.findall(rf'"({name}[=<>][^"]*)"', project)
        assert f'"{pinned}"' in command
    assert "accelerate" in command


def test_coming_from_2024_leads_here(pages):
    links = {link["href"] for link in pages["migration/index.html"].select("article a[href]")}
    assert "../versions/" in links
