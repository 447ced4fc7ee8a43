.PHONY: help setup demo test lint types examples reference wheel check bench bench-large bench-live clean
.DEFAULT_GOAL := help
BIN := .venv/bin
PAGES := README.md docs
# the first interpreter that is new enough; another one with make PYTHON=...
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

.venv/.made: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Outlay needs Python 3.11 or newer; say which with make PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --editable . --group dev
	@touch $@

setup: .venv/.made  ## Make the environment

demo: .venv/.made  ## A wallet's transactions, made and judged: data, alerts, report, dashboards in demo/
	$(BIN)/outlay synth demo/payments.csv --users 400 --days 120 --seed 7
	$(BIN)/outlay run demo/payments.csv --out demo/result

test: .venv/.made  ## Every test
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

lint: .venv/.made  ## Format, rules, layers, spelling
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/lint-imports
	$(BIN)/codespell

types: .venv/.made  ## mypy --strict
	$(BIN)/mypy

examples: .venv/.made  ## Every example in README.md, docs/ and docstrings
	$(BIN)/python -m pytest -p no:randomly --doctest-modules src $(PAGES)

reference: .venv/.made  ## Write the generated parts of docs/reference and the examples' output anew
	$(BIN)/cog -r -I . docs/reference/*.md
	OUTLAY_WRITE_EXAMPLES=1 $(BIN)/python -m pytest -q -p no:randomly $(PAGES)

wheel: .venv/.made  ## The built wheel, in an empty environment, does the job
	$(BIN)/python scripts/check_wheel.py

check: lint types test examples wheel  ## All that CI runs

.venv/.bench: .venv/.made
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group bench
	@touch $@

bench: .venv/.bench  ## Speed and accuracy, beside what else there is: writes docs/benchmarks.md
	$(BIN)/python -m benchmarks

bench-large: .venv/.bench  ## The same, with 100 million transactions too
	$(BIN)/python -m benchmarks --large

bench-live: .venv/.bench  ## The service under load, beside one written the usual way: writes docs/benchmarks-live.md
	$(BIN)/python -m benchmarks.live
	FAULT_KILLS=200 FAULT_MUTATIONS=100000 FAULT_API_EXAMPLES=200 $(BIN)/python -m pytest -q \
		tests/service/test_crash.py tests/service/test_fuzz.py tests/service/test_openapi.py

clean:  ## Remove what was made
	rm -rf .venv demo dist
