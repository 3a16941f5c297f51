# `make demo` and `make test` need nothing but Python 3.11+ and make; the rest is set up here.
VENV := .venv
BIN := $(VENV)/bin
BIOME := node_modules/.bin/biome

.PHONY: help demo test attack docs check lint lint-page format format-page bench-small bench clean

help:
	@echo "make demo         see it work, on data of its own"
	@echo "make test         run the tests"
	@echo "make attack       attack it: kills, faults, damage, races, hostile input; about 40 minutes, needs strace"
	@echo "make docs         build the documentation"
	@echo "make check        what every commit passes: format, lint, types, layers, tests"
	@echo "make format       let ruff and Biome mend the format"
	@echo "make bench-small  the benchmarks on small data, under 5 minutes"
	@echo "make bench        the benchmarks at full size"
	@echo "make clean        remove everything that make made"

demo: $(VENV)/.installed
	$(BIN)/konomi demo

test: $(VENV)/.installed-dev
	$(BIN)/pytest

# ATTACK="--only kills --trials 0.1" makes a part of it; `python -m tests.attacks --help` lists the options.
ATTACK :=

attack: $(VENV)/.installed-dev
	$(BIN)/python -m tests.attacks $(ATTACK)

lint: $(VENV)/.installed-dev lint-page
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test

docs: $(VENV)/.installed-docs
	DISABLE_MKDOCS_2_WARNING=true NO_MKDOCS_2_WARNING=1 $(BIN)/properdocs build --quiet -f properdocs.yml
	@echo "Built in out/docs"

format: $(VENV)/.installed-dev format-page
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Biome checks the page's JavaScript. Without npm a Python developer goes on; CI does not.
ifneq ($(shell command -v npm 2>/dev/null),)
lint-page: $(BIOME)
	$(BIOME) check --error-on-warnings

format-page: $(BIOME)
	$(BIOME) check --write

$(BIOME): package.json package-lock.json
	npm ci --loglevel=error --no-audit --no-fund
	@touch $@
else
lint-page format-page:
	@echo "Skipped: the page's JavaScript is not checked, because there is no npm (install nodejs and npm)" >&2
	@test "$$CI" != true
endif

$(VENV)/bin/python:
	@if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --seed --python '>=3.11' $(VENV); \
	else \
		for python in python3 python3.14 python3.13 python3.12 python3.11; do \
			if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
				"$$python" -m venv $(VENV) && $(VENV)/bin/python -m pip install --quiet --upgrade 'pip>=25.1'; \
				exit $$?; \
			fi; \
		done; \
		echo "konomi needs Python 3.11 or newer, found: $$(python3 --version 2>&1); install one, or uv" >&2; exit 1; \
	fi

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	@echo "Installing konomi into $(VENV) (once; a minute or two)"
	@if command -v uv >/dev/null 2>&1; then \
		uv pip install --quiet --python $(BIN)/python -e .; \
	else \
		$(BIN)/python -m pip install --quiet -e .; \
	fi
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "Installing what the tests need into $(VENV)"
	@if command -v uv >/dev/null 2>&1; then \
		uv pip install --quiet --python $(BIN)/python --group dev; \
	else \
		$(BIN)/python -m pip install --quiet --group dev; \
	fi
	@touch $@

$(VENV)/.installed-docs: $(VENV)/.installed
	@echo "Installing what the documentation needs into $(VENV)"
	@if command -v uv >/dev/null 2>&1; then \
		uv pip install --quiet --python $(BIN)/python --group docs; \
	else \
		$(BIN)/python -m pip install --quiet --group docs; \
	fi
	@touch $@

clean:
	rm -rf $(VENV) node_modules konomi-demo .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests benchmarks -name __pycache__ -type d -exec rm -rf {} +

# Peers run in .venv-bench and are left out where it is not there; BENCH_SIZE="--rows N ..." measures another size.
STAGES := synth ingest watched_both inverse linear spectral whole evaluation batch
BENCH_SIZE :=

bench-small: BENCH_SIZE := --rows 500000 --users 3000 --items 1500 --runs 2
bench-small bench: $(VENV)/.installed
	@test -x .venv-bench/bin/python || echo "No peers: make .venv-bench and install the dependency group bench into it"
	@for stage in $(STAGES); do \
		$(BIN)/python benchmarks/bench_$$stage.py $(BENCH_SIZE) || exit 1; \
	done
