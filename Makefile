# Two commands are enough: `make demo` and `make test`. Both need only python3 and make, and ask nothing.
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
VENV := $(CURDIR)/.venv
PY := $(VENV)/bin/python

.PHONY: help demo test lint format clean

help:
	@echo "make demo    set up and run the example at http://$(HOST):$(PORT)/ (PORT=9000 for another port)"
	@echo "make test    set up and run the tests (ARGS='-k search' to choose some)"
	@echo "make lint    set up and run the linters and the type checker"
	@echo "make format  sort imports and format the code"
	@echo "make clean   remove the environments, caches and the example's database"

# The stamps tie set-up to pyproject.toml: an environment is made again only when that file has changed.
$(VENV)/.demo.stamp: pyproject.toml
	@"$(PYTHON)" scripts/make_venv.py "$(VENV)" '.[graphql,server]'
	@touch "$@"

$(VENV)/.dev.stamp: pyproject.toml
	@"$(PYTHON)" scripts/make_venv.py "$(VENV)" '.[dev]'
	@touch "$@" "$(VENV)/.demo.stamp"

demo: $(VENV)/.demo.stamp
	@cd example && "$(PY)" manage.py migrate --no-input --verbosity 0
	@cd example && "$(PY)" manage.py load_demo --if-empty
	@cd example && exec "$(PY)" -m uvicorn config.asgi:application --host "$(HOST)" --port "$(PORT)"

test: $(VENV)/.dev.stamp
	@"$(PY)" scripts/run_tests.py $(ARGS)

lint: $(VENV)/.dev.stamp
	@"$(PY)" scripts/run_linters.py

format: $(VENV)/.dev.stamp
	@"$(PY)" -m ruff check --fix --quiet .
	@"$(PY)" -m ruff format .

clean:
	rm -rf .venv .venv-* build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	rm -f example/*.sqlite3 example/*.sqlite3-*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
