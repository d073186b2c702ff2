"""The nnsight guide: from a snippet to a page, by way of one recording.

Read the modules in the order in which the data passes through them::

    project   where the snippets, the lock file and the cache are
    cells     a snippet file → named cells
    imports   a snippet file → the project modules that it imports
    profiles  which model runs: demo, local or remote; `random_weights` says if one is untrained
    keys      what a run depends on: each part of it, with its hash or version
    recordings the executed notebook of a snippet, with its key
    freshness whether a recording shows what today's sources give
    preflight what the profile needs, asked before any work: of NDIF (`ndif`, and `live` what it
              tells), of this machine (`weights`)
    run       stale snippets → one kernel → recordings; `retries` where a service may recover
    kernel    the process in which they run, and `guard`, the part of it that lives inside;
              `failures` are what it reports of cells that went wrong, `limits` what they may take
    committed recordings of the real model: how they are made, and when one may be shown
    verify    committed recordings against the `published` facts; `rerun` runs everything again,
              beside what the site shows
    outputs   what they printed, less what differs from run to run; `redaction` takes out the key
    render    a cell and its recording → HTML
    tabs      the real model's output and the demo's, side by side; `notes` say which is which
    page      the page that is being built
    chapter   what it calls: `cell("trace_and_save", "trace")`
    cards     the head of a chapter becomes its card on the landing page
    cross_links glossary words and GPT-J's modules (`gptj_source`) in the prose become links
    idioms    the idioms of 2024: old code and today's, run in `processes`, judged in `verdicts`
    outcomes  what became of each, recorded; `migration` makes a table of them
    canary    a package: what the newest releases change, recorded; `canary.table` shows it
    notebooks a chapter and its recordings → a notebook to download, and a page that mkdocs-jupyter
              makes of it (`chapter_text`, `notebook_…`, `heat_map_png`)
    site      the few MkDocs events that Markdown cannot do; `site_notebooks` and `site_rendered`
    turns     builds of one checkout take turns; `scratch` lends folders, and clears up
    unchanged whether a build would give the site that is there already
    markdown_pages a page's HTML, made ready to be Markdown for tools; `archive` packs a site to be
              read offline, and `external_links` asks whether addresses still answer
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - whoever runs it from a checkout meets no installer
    sys.exit(
        f"nnsight_guide: needs Python 3.11 or newer, not {sys.version_info[0]}."
        f"{sys.version_info[1]}: run make with PYTHON=/path/to/python3.11"
    )

__version__ = "0.1.0"
