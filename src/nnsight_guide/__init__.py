"""The nnsight guide: from a snippet to a page, by way of one recording.

Read the rooms in this order, which is also that of their imports: each imports from those above it,
and from none below.

    base: what all others stand on: project (paths, names), errors, scratch (folders, whole files),
        build_lock, capacity (of this machine), libraries (their versions), redaction (of the API
        key), machine_paths, own_python (what pages must not depend on).
    ndif: the one room that asks NDIF: client; availability judges its answers, retries what failed.
    demo_model: the checkpoint that ships: shipped, architecture, tokenizer, expansion, checkpoint;
        packed for a page that runs it. How any checkpoint is written and kept: bfloat16, digests,
        hub_layout. How this one was made, in training: corpus, data, train, evaluate.
    model: which model runs the snippets: profiles, random_weights; preflight asks for all it needs;
        state is what a run may leave behind. The second_model, a pretrained one, is made from a
        package by its second_expansion, which reads gguf.
    loopback: the stand-in for NDIF: launch and service for who starts it; settings; inside of its
        process server, app, hub, identity, jobs, workers; over messages to the process that runs
        jobs, worker, running, executor; both end their children.
    recording: a snippet's cells and imports, the keys of all that a run depends on, what else it
        reads (readings), what it gave (sealed, recordings), its freshness; the likeness of sources
        and outputs, the committed recordings of the real model, and which real_cells to show.
    choice: `use`, one line with which a reader chooses the model.
    html: what is shown, pure: render (cells), figures and heat_maps (of attention), maps (of
        numbers), live (the model in a page), tabs, notes, newer (what to write with newer
        libraries), provenance, issue (that a block fails), cards, published_facts, installing
        (the package).
    idioms: those of 2024, and errors: idiom (a file), execution in processes, verdicts, outcomes,
        table.
    run: the one room that knows kernels: plan (what is stale) and plan_memory, runner,
        side_by_side, kernels (that are kept), kernel, and inside of it in_kernel and display;
        limits, failures, outputs (cleaned), plotly_maps, real_model (committed).
    canary: what the newest releases change: observation, environment, changes, ways_round, summary.
    verify: recordings against published facts and against a rerun from nothing.
    chapter: what a chapter calls, its text and the page_code in it, on the page that is built; its
        cross_links, some of them to gptj_source; live, the call that shows no cell.
    notebook: what readers take away: writer (chapter_source, opening, contents, prose), script.
    site: the one room that knows MkDocs: make_site, stamp (nothing to do), endings, plugin,
        beforehand (what need not wait for a kernel), template_memory, preview (`make serve`), its
        page_memory, config_memory, copies (of files that are no pages) and leftovers, page_blocks,
        search_words, notebook_files, mkdocs_jupyter, markdown_pages (for tools), wheel (the
        package, for readers), scripts (what those of pages fetch), offline (a zip).
    checks: the readers' checkers: questions, answers, rotary; patching and restored (what a map of
        it says), heads and lost (what goes with each); tasks as vectors, of prompts, by runs that
        change states. It imports nothing of all the others.
"""

import sys

if sys.version_info < (3, 11, 5):  # whoever runs it from a checkout meets no installer
    sys.exit(
        "nnsight_guide: needs Python 3.11.5 or newer, not {}.{}.{}: "
        "run make with PYTHON=/path/to/python3.11".format(*sys.version_info)
    )

__version__ = "0.1.0"
