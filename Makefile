PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help

help: ## Show what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

run: $(VENV)/.installed ## Start the demo farm at http://127.0.0.1:8000
	@exec $(BIN)/spoolgraph demo

test: $(VENV)/.developing ## Run every test
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest

lint: $(VENV)/.developing ## Check style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(VENV)/.developing ## Measure, each figure beside its baseline in the same run
	$(BIN)/python -m benchmarks

schema: $(VENV)/.installed ## Write schema/schema.graphql anew from the code
	$(BIN)/spoolgraph schema > schema/schema.graphql.new && mv schema/schema.graphql.new schema/schema.graphql

web: ## Build the offline pages anew (needs Node.js 20)
	cd web && npm ci && npm run build

web-check: ## Build the pages in a copy and compare them with the committed ones
	@copy=$$(mktemp -d) && trap "rm -rf $$copy" EXIT && mkdir -p $$copy/app/pages && cp -r web $$copy/web && rm -rf $$copy/web/node_modules \
	  && (cd $$copy/web && npm ci --silent --no-audit --no-fund && npm run --silent build >/dev/null) \
	  && diff -r $$copy/app/pages/static app/pages/static && echo "The built pages are those of web/."

clients: $(VENV)/.installed ## Generate the client packages anew (needs uv and Node.js 20)
	$(BIN)/spoolgraph openapi --dialect Platform > clients/platform.json
	uvx openapi-python-client@0.29 generate --path clients/platform.json --meta none --overwrite --output-path clients/python/spoolgraph_api/generated
	npx --yes openapi-typescript@7 clients/platform.json --output clients/javascript/generated/platform.d.ts
	rm clients/platform.json

lock: $(VENV)/.developing ## Pin the dependencies anew
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet pyproject.toml --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate --upgrade -o requirements.lock
	$(BIN)/uv pip compile --quiet pyproject.toml --group dev --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate --upgrade -o requirements-dev.lock

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Spoolgraph needs Python 3.11 or newer: make PYTHON=python3.12 " + "$(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python requirements.lock pyproject.toml
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on --quiet -r requirements.lock
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --editable .
	$(BIN)/python -m compileall -q app schema rest_compat migrations
	@touch $@

$(VENV)/.developing: $(VENV)/.installed requirements-dev.lock
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on --quiet -r requirements-dev.lock
	@touch $@

.PHONY: help run test lint bench schema web web-check clients lock
