# Portcullis: everything one types. `make help` lists it.
.DEFAULT_GOAL := help
.PHONY: help run stop status logs manage reset test fast check format lock eval-privacy train bench bench-desk bench-review crash tamper egress-proof erasure-proof fuzz evidence clean install install-dev

export PORT
export CONFIRM
export UPGRADE
# Compiled modules are kept even where the environment says otherwise: a start of the product has a dozen processes that load them.
export PYTHONDONTWRITEBYTECODE :=

# The newest Python that the lock files cover; choose another with PYTHON=...
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$python && break; done)
VENV := .venv/bin
TRAIN_PYTHON ?= .training/venv/bin/python

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: install ## Start the whole product on this machine, at http://localhost:8000 (or PORT=8001)
	@exec $(VENV)/python -m portal.embedded run

stop: install ## Stop it; all data is kept
	@$(VENV)/python -m portal.embedded stop

status: install ## Show what runs, since when, and how much memory it takes
	@$(VENV)/python -m portal.embedded status

logs: install ## Follow the logs of everything that runs
	@$(VENV)/python -m portal.embedded logs

manage: install ## Run a command of manage.py on what runs here: make manage DO="ledger verify"
	@$(VENV)/python -m portal.embedded manage $(DO)

reset: install ## Delete all data of the embedded installation (needs CONFIRM=yes)
	@$(VENV)/python -m portal.embedded reset

test: install-dev ## Install what the tests need and run every test, browser journeys too
	@scripts/test-tools.sh
	@$(VENV)/pytest -n logical -m "not journey"
	@$(VENV)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m journey

fast: install-dev ## Run the quick tests: no journeys, no browsers, of long tables the first rows
	@$(VENV)/pytest -n logical -m "not journey and not thorough"

check: install-dev ## Check style, types, import rules, templates, settings and migrations
	@scripts/check.sh

format: install-dev ## Put the code in order
	@$(VENV)/ruff check --fix .
	@$(VENV)/ruff format .

lock: install-dev ## Write the lock files (UPGRADE=yes: with the newest versions that are a week old)
	@scripts/lock.sh

eval-privacy: install-dev ## Measure what the privacy engine lets through (FOLDER=labelled texts; ours without one)
	@$(VENV)/python bench/eval_privacy.py $(FOLDER) $(OPTIONS)

train: ## Train the name model anew (TRAIN_PYTHON=a Python with training/requirements.txt; OPTIONS=folders of text)
	@$(TRAIN_PYTHON) -m training --out apps/privacy/weights/names.npz $(OPTIONS)

bench: install-dev ## Measure start, memory, size, the ledger, then an exchange beside peers installed in PEERS (default .peers)
	@$(VENV)/python -m bench
	@$(VENV)/python -m bench.first_word
	@$(VENV)/python -m bench.ledger
	@$(VENV)/python -m bench.gateway --paste --peers $(or $(PEERS),.peers)

bench-desk: install-dev ## Measure the officers' pages at one and at ten million exchanges (30 GB of disk, about an hour)
	@exec $(VENV)/python -m bench.desk $(OPTIONS)

bench-review: install-dev ## Measure how fast exchanges come into review queues, and review's pages (3 GB of disk, 5 minutes)
	@exec $(VENV)/python -m bench.review $(OPTIONS)

tamper: install-dev ## Tamper with a scratch ledger in 47 ways as 8 actors and compare with docs/ledger.md (about 10 minutes)
	@exec $(VENV)/python -m bench.tamper

crash: install-dev ## Kill the product at every step of an exchange, make the ledger unwritable in 15 ways (root, strace; STRIDE=8: minutes)
	@command -v strace >/dev/null || { echo "Install first: strace (on Debian and Ubuntu: apt-get install strace)."; exit 1; }
	@exec $(VENV)/python -m bench.crash --stride $(or $(STRIDE),1)

egress-proof: install-dev ## Prove what leaves: 500 planted journeys over a recorded link (root, Linux; about 8 minutes)
	@scripts/egress-tools.sh
	@exec $(VENV)/python -m bench.egress_proof

erasure-proof: install-dev ## Prove that an erased person leaves no readable word: canaries, erasure, restore (about 4 minutes)
	@exec $(VENV)/python -m bench.erasure_proof

fuzz: install-dev ## Scrub and restore hostile texts for SECONDS=60 and report what does not come back exactly
	@exec $(VENV)/python -m bench.fuzz_privacy $(or $(SECONDS),60)

evidence: install-dev ## Write the control mapping with the results of its tests to FOLDER (default evidence; 5 to 20 minutes)
	@scripts/evidence.sh $(or $(FOLDER),evidence)

install:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed and was not found. Choose: make run PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) scripts/install.py requirements.lock

install-dev:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed and was not found. Choose: make test PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) scripts/install.py requirements-dev.lock

clean: ## Remove .venv and caches; the data under .portal stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
