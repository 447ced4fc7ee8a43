.PHONY: help setup demo test lint types examples wheel check bench clean
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-10s %s\n", $$1, $$2}'

.venv/.made: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Outlay needs Python 3.11 or newer; say which with make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "pip>=25.1" uv -c constraints.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable . --group dev
	@touch $@

setup: .venv/.made  ## Make the environment

demo: .venv/.made  ## A wallet's transactions, made and judged: data, alerts, report, dashboards in demo/
	$(BIN)/outlay synth demo/payments.csv --users 400 --days 120 --seed 7
	$(BIN)/outlay run demo/payments.csv --out demo/result

test: .venv/.made  ## Every test
	$(BIN)/pytest -n 2

lint: .venv/.made  ## Format, rules, layers, spelling
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/lint-imports
	$(BIN)/codespell src tests docs README.md CHANGELOG.md --skip '*.js'

types: .venv/.made  ## mypy --strict
	$(BIN)/mypy

examples: .venv/.made  ## Every example in README.md and docs/
	$(BIN)/pytest -p no:randomly README.md docs

wheel: .venv/.made  ## The built wheel, in an empty environment, does the job
	$(BIN)/python scripts/check_wheel.py

check: lint types test examples wheel  ## All that CI runs

bench: .venv/.made  ## Speed and accuracy, beside what else there is
	$(BIN)/python -m benchmarks

clean:  ## Remove what was made
	rm -rf .venv demo dist
