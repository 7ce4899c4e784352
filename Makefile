# Everything runs in .venv, which is made on first use from PYTHON and requirements/dev.lock.

PYTHON ?= python3
WORKERS ?= auto
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LOG := $(VENV)/install.log
ARGS ?=

# What the surrounding shell happens to have set must not decide what runs here.
unexport PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE VIRTUAL_ENV PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONUTF8 := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help venv demo test fast check floors fmt docs bench sim nightly shape lock hooks clean

help: ## this list
	@echo "make TARGET, where TARGET is"
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-8s %s\n", $$1, $$2 }'
	@echo "PYTHON=python3.13 chooses the interpreter (3.11 to 3.13), ARGS=\"...\" is handed on to test, demo and bench"

venv: $(READY) ## .venv with the locked packages and syncer itself, editable

$(READY): requirements/dev.lock pyproject.toml
	@command -v "$(PYTHON)" >/dev/null || { echo "syncer needs Python 3.11, 3.12 or 3.13: \`$(PYTHON)\` was not found; name one: make PYTHON=python3.13" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 14) else "syncer needs Python 3.11, 3.12 or 3.13: `$(PYTHON)` is %d.%d; name another: make PYTHON=python3.13" % v)'
	@$(BIN)/python -c pass 2>/dev/null || { echo "making $(VENV) ..."; "$(PYTHON)" -m venv --clear $(VENV); }
	@echo "installing the packages of requirements/dev.lock into $(VENV) ..."
	@$(BIN)/python -m pip install --no-input --require-hashes --only-binary :all: -r requirements/dev.lock >$(LOG) 2>&1 \
		|| { cat $(LOG) >&2; echo "could not install requirements/dev.lock; the reason stands above" >&2; exit 1; }
	@$(BIN)/python -m pip install --no-input --no-deps --no-build-isolation --editable . >>$(LOG) 2>&1 \
		|| { cat $(LOG) >&2; echo "could not install syncer itself; the reason stands above" >&2; exit 1; }
	@touch $@

demo: $(READY) ## a sandbox, an apply of examples/stadtwerk, an empty second plan, a change by hand, the plan that mends it
	@$(BIN)/python tools/demo.py $(ARGS)

test: $(READY) ## all tests
	@$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 8 $(ARGS)

fast: $(READY) ## the tests that take no time, as the hooks run them
	@$(BIN)/python -m pytest -m "not slow" -x $(ARGS)

check: $(READY) ## format, lint, types, generated files, then all tests: what a change must pass
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python tools/build_schemas.py --check
	@$(BIN)/python tools/build_docs.py --check
	@$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 8 $(ARGS)

floors: $(READY) ## all tests with the oldest dependencies that pyproject.toml allows, in .bench/floors
	@rm -rf .bench/floors && mkdir -p .bench
	@$(BIN)/uv pip compile --no-config --quiet --resolution lowest-direct --python-version 3.11 --extra dev \
		--no-emit-index-url --no-emit-find-links --output-file .bench/floors.txt pyproject.toml >/dev/null
	@"$(PYTHON)" -m venv .bench/floors
	@.bench/floors/bin/python -m pip install --quiet --no-input -r .bench/floors.txt
	@.bench/floors/bin/python -m pip install --quiet --no-input --no-deps --no-build-isolation --editable .
	@.bench/floors/bin/python -m pytest -p no:cacheprovider $(ARGS)

fmt: $(READY) ## format, and mend what the linter can mend
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

docs: $(READY) ## write the generated schemas anew
	@$(BIN)/python tools/build_schemas.py

sim: $(READY) ## break applies in every way (SEEDS=1000, SEED=1234, CRASHES=1, CALLS=1, CUTS=1, IMAGES=1, MEETINGS=1, KILLS=200, FAULTS=1, RESPONSES=50000, STRINGS=2000, GUARDS=1, STEPS=200x50, REVIEWS=200x50, MANIFESTS=5000, CACHE=1000, RATE=300, COST=100, MEMORY=200, BODIES=2000; FIRST=7: from that seed on)
	@$(BIN)/python -m simulation $(if $(SEED),--seed $(SEED)) $(if $(SEEDS),--seeds $(SEEDS)) \
		$(if $(CRASHES),--crashes) $(if $(CALLS),--calls) $(if $(CUTS),--cuts) $(if $(IMAGES),--images) \
		$(if $(MEETINGS),--meetings) $(if $(KILLS),--kills $(KILLS)) $(if $(ENTRIES),--entries $(ENTRIES)) \
		$(if $(FAULTS),--faults) $(if $(RESPONSES),--responses $(RESPONSES)) $(if $(STRINGS),--strings $(STRINGS)) \
		$(if $(GUARDS),--guards) $(if $(STEPS),--steps $(STEPS)) $(if $(REVIEWS),--reviews $(REVIEWS)) $(if $(MANIFESTS),--manifests $(MANIFESTS)) \
		$(if $(CACHE),--cache $(CACHE)) $(if $(RATE),--rate $(RATE)) $(if $(COST),--cost $(COST)) \
		$(if $(MEMORY),--memory $(MEMORY)) $(if $(BODIES),--bodies $(BODIES)) \
		$(if $(FIRST),--first $(FIRST)) $(ARGS)

NIGHT ?= 100
nightly: $(READY) ## the figures of docs/reliability.md at full size (NIGHT=1 for a hundredth of the random ones, FIRST=7 for other seeds)
	@SYNCER_EXAMPLES=$$((10 * $(NIGHT))) $(BIN)/python -m pytest -q -m hypothesis; properties=$$?; \
	$(BIN)/python -m simulation --seeds $$((1000 * $(NIGHT))) --steps $$((50 * $(NIGHT)))x50 --reviews $$((2 * $(NIGHT)))x50 --manifests $$((1000 * $(NIGHT))) \
		--responses $$((500 * $(NIGHT))) --strings $$((100 * $(NIGHT))) --kills $$((5 * $(NIGHT))) \
		--cache $$((100 * $(NIGHT))) --memory $$((2 * $(NIGHT))) --bodies $$((20 * $(NIGHT))) --crashes --calls --cuts --images --meetings --faults --guards --rate 300 --cost 100 \
		$(if $(FIRST),--first $(FIRST)) $(ARGS) && exit $$properties

bench: $(READY) ## every figure as a ratio measured side by side; peers are installed under .bench/ (ARGS="--quick", ARGS="start plan", ARGS="against REV")
	@$(BIN)/python -m benchmarks $(ARGS)

shape: $(READY) ## the figures of the code's structure: full folders, long functions, floors, files that a plan enters
	@$(BIN)/python tools/shape.py

lock: $(READY) ## requirements/dev.lock anew from pyproject.toml
	@$(BIN)/uv pip compile --no-config --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
		--extra dev --extra sandbox --extra remote --output-file requirements/dev.lock pyproject.toml

hooks: $(READY) ## run these checks before every commit (pre-commit install)
	@$(BIN)/pre-commit install

clean: ## remove what this Makefile made
	@rm -rf $(VENV) .bench build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
