# Dateline. `make help` lists what can be asked for. Needs Python 3.11 or newer, make and a C library, nothing else.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
FEEDS ?=
UV ?= uv
JOBS ?= auto

.PHONY: help run install demo test lint format bench chaos lock

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.installed ## start everything on this machine: http://127.0.0.1:8000 (FEEDS=list.opml for your own list)
	@exec $(BIN)/dateline up $(if $(FEEDS),--feeds "$(FEEDS)")

demo: $(VENV)/.installed ## the same with a small fictional press that publishes on this machine, no internet needed
	@exec $(BIN)/python -m newswire demo $(ARGS)

install: $(VENV)/.installed ## make .venv with what running needs, every package checked against its hash

test: $(VENV)/.tested ## install what tests need, start a Redis and a PostgreSQL for the run, run every test
	@$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

lint: $(VENV)/.tested ## ruff, mypy and the import contracts of the house
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

format: $(VENV)/.tested ## put every file into the house's format
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: $(VENV)/.tested ## measure feeds, entries and requests a second, beside yardsticks of the same run
	@$(BIN)/python -m tests.bench $(ARGS)

chaos: $(VENV)/.tested ## hurt a running Dateline at random and count what was lost (MINUTES=10, ARGS="--seed 7 --json")
	@$(BIN)/python -m tests.faults --minutes $(or $(MINUTES),2) $(ARGS)

lock: ## resolve the dependencies anew (needs uv); the files name no package index
	@for target in "requirements-dev.txt --extra embedded --extra traces --group build --group dev" \
	  "requirements-embedded.txt -c requirements-dev.txt --extra embedded --group build" \
	  "requirements-traces.txt -c requirements-dev.txt --extra traces" \
	  "requirements.txt -c requirements-dev.txt"; do \
	  $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	    pyproject.toml -o $$target || exit 1; done

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Dateline needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "$(PYTHON) cannot make a virtual environment; on Debian: apt install python3-venv"; rm -rf $(VENV); exit 1; }

$(VENV)/.installed: $(VENV)/bin/python requirements-embedded.txt pyproject.toml
	@echo "installing into $(VENV) (about a minute, once)"
	@$(PIP) install --require-hashes -r requirements-embedded.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.tested: $(VENV)/.installed requirements-dev.txt
	@echo "installing what tests need into $(VENV)"
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@
