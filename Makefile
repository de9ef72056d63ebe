# What a newcomer and CI run alike. `make help` lists the targets.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.perennial-setup
BENCH_VENV := build/bench-venv
BENCH_STAMP := $(BENCH_VENV)/.perennial-setup
PEER_STAMPS := $(patsubst %,$(BENCH_VENV)-%/.perennial-setup,mlflow mlserver bentoml evidently)
export PATH := $(CURDIR)/$(BIN):$(CURDIR)/node_modules/.bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup demo story up down check test test-all lint typecheck format lock bench clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(STAMP) ## install everything the project needs into this folder

$(STAMP): requirements.lock package-lock.json pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Perennial needs Python 3.11 or newer; run: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@mkdir -p build && date +%s > build/setup-began
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep -oE '^uv==[^ ;]+' requirements.lock)"
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip sync --quiet --require-hashes requirements.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	npm ci --silent --no-audit --no-fund
	$(BIN)/python -m stacks.prepare
	@echo $$(( $$(date +%s) - $$(cat build/setup-began) )) > $@  # seconds; perennial demo tells them

lock: ## resolve the lock files anew from pyproject.toml and layers/*/requirements.in
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
		--no-header --group dev pyproject.toml -o requirements.lock
	for layer in layers/*/requirements.in functions/*/requirements.in; do \
		uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
			--no-header --constraint requirements.lock "$$layer" -o "$${layer%.in}.lock"; done
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
		--no-header benchmarks/requirements.in -o benchmarks/requirements.lock
	for peer in benchmarks/peers/*.in; do \
		uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
			--no-header --override benchmarks/peers/without-gpu.txt "$$peer" -o "$${peer%.in}.lock"; done
	npm install --silent --package-lock-only

demo: setup ## from a data file to an answer over HTTP, on this machine; KEEP=1 leaves it running
	$(BIN)/perennial demo $(if $(KEEP),--keep)

story: setup ## real data in order of time: a model left alone and a watched one; ARGS=bike for another
	$(BIN)/python -m examples.story $(ARGS)

up: setup ## start the emulator and deploy to it
	$(BIN)/perennial up

down: setup ## stop the emulator; what it holds is kept
	$(BIN)/perennial down

check: lint typecheck ## ruff and mypy

lint: setup ## style and common mistakes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

typecheck: setup ## mypy --strict over everything
	$(BIN)/mypy

format: setup ## put the code in the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: setup ## unit, infrastructure and end-to-end tests
	$(BIN)/pytest -n 2 --dist loadscope -m "not slow" $(ARGS)

test-all: setup ## the same with the slow sweeps, and property tests on new examples
	$(BIN)/pytest -n 2 --dist loadscope --hypothesis-profile explore $(ARGS)

bench: setup $(BENCH_STAMP) $(PEER_STAMPS) ## measure, beside the peers; results in build/bench
	$(BIN)/python -m benchmarks.run $(ARGS)

$(BENCH_STAMP): benchmarks/requirements.lock
	$(PYTHON) -m venv --clear $(BENCH_VENV)
	VIRTUAL_ENV=$(BENCH_VENV) $(BIN)/uv pip sync --quiet --require-hashes benchmarks/requirements.lock
	@touch $@

$(BENCH_VENV)-%/.perennial-setup: benchmarks/peers/%.lock
	$(PYTHON) -m venv --clear $(@D)
	VIRTUAL_ENV=$(@D) $(BIN)/uv pip sync --quiet --require-hashes $<
	@touch $@

clean: ## remove everything that was built (not the emulator's state)
	rm -rf build/layers build/bench build/reports cdk.out .mypy_cache .ruff_cache .pytest_cache
