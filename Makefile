# What a person types. Every target that runs something makes .venv first, from requirements.lock; see tools/bootstrap.py.
.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
# The first of these that is a Python 3.11, 3.12 or 3.13; `make PYTHON=/path/to/python` decides otherwise.
PYTHONS := python3 python3.13 python3.12 python3.11
PYTHON ?=
ARGS ?=
# Test files are dealt to this many processes, long ones first; 0 runs them in one. They wait for servers and locks now and then,
# so one more than two cores is quicker.
WORKERS ?= 3
# The fast tests wait for servers on this machine as often as they compute: on two cores five processes take three quarters of
# the time of three.
CHECKERS ?= 5
# Images of containers often forbid Python to keep what it compiles. Dagster, dbt and Great Expectations are 4,000 modules, and
# compiling them costs every process ten seconds; in .venv they are ours to keep.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help refresh check test lint types bench spark dev readme metrics format lock clean venv

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

refresh: venv ## run the daily job on the bundle edition and publish (ARGS="--as-of 2025-09-30")
	@$(BIN)/hashwatt refresh $(ARGS)

check: venv ## the loop while working, under a minute: ruff, mypy and the fast tests, ending at the first failure
	@begun=$$(date +%s); \
	if $(BIN)/ruff check --quiet . && $(BIN)/ruff format --check --quiet . && $(BIN)/mypy --no-error-summary \
	  && $(BIN)/python -m pytest -q -m "not slow" --exitfirst --disable-warnings --durations 5 --durations-min 5 \
	    -n $(CHECKERS) --dist loadfile --no-loadscope-reorder $(ARGS); \
	then echo "check: all holds, in $$(($$(date +%s) - begun)) s; \`make test\` runs the slow tests, too"; \
	else echo "check: stopped at the first failure, after $$(($$(date +%s) - begun)) s" >&2; exit 1; fi

test: venv ## run the suite (ARGS="-k walls" for a part, ARGS="-m long" for what takes minutes)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: venv ## ruff and sqlfluff
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar dbt_project

types: venv ## mypy, strict
	@$(BIN)/mypy

format: venv ## rewrite Python and SQL in the house style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/sqlfluff fix --processes 2 --disable-progress-bar dbt_project

bench: venv ## speed and memory, as ratios to named baselines
	@$(BIN)/python -m bench.run $(ARGS)

spark: venv ## build the models on Spark too and compare with what is published (needs Java 17)
	@$(BIN)/python -m tools.on_spark $(ARGS)

dev: venv ## the Dagster pages on loopback, with the daily schedule on
	@$(BIN)/hashwatt dev $(ARGS)

readme: venv ## write the dictionary, and run the queries of README.md and docs/ and write their answers into them
	@$(BIN)/python -m tools.dictionary
	@$(BIN)/python -m tools.page_outputs

metrics: venv ## write docs/metrics.md: what MetricFlow makes of the metrics, and the answers of your home
	@$(BIN)/python -m tools.metrics

lock: ## resolve requirements.lock anew (needs uv)
	@sh tools/lock.sh

clean: ## remove .venv, caches and build leftovers; the warehouse in .hashwatt stays
	@rm -rf $(VENV) .venv-spark .venv-metrics .venv-superset .venv-bench .bootstrap.lock build dist ./*.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis bench/out
	@rm -rf dbt_project/target dbt_project/logs logs
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

venv:
	@chosen=""; \
	for python in $(if $(PYTHON),$(PYTHON),$(PYTHONS)); do \
	  if "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; then \
	    chosen="$$python"; break; \
	  fi; \
	done; \
	if [ -z "$$chosen" ]; then \
	  echo "hashwatt needs Python 3.11, 3.12 or 3.13; none of these is one: $(if $(PYTHON),$(PYTHON),$(PYTHONS))." >&2; \
	  echo "python3 is $$(python3 --version 2>&1). Install one, or name one: make PYTHON=/path/to/python3.12 ..." >&2; \
	  exit 2; \
	fi; \
	"$$chosen" tools/bootstrap.py
