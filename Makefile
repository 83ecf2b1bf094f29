# goalstate: `make verify` checks the bundled example, `make test` runs everything CI runs; for the time in between
# `make quick` is the fast loop, and `make renew` writes anew what is derived from the model. CONTRIBUTING.md has more.
# Needs Python 3.11 or newer with venv and pip, and make; the rest goes into .venv. Another Python: make PYTHON=python3.13 ...

PYTHON ?= python3
WORKERS ?= 2

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
READY := .venv/.ready
READY_DEV := .venv/.ready-dev

# The install is editable and strict: a link for each file, so that editors, mypy and import-linter follow every import,
# and a file that pyproject.toml forgets is missing at once. A new or removed file means making the links anew.
STRICT := --no-build-isolation --config-settings editable_mode=strict
LINKS := .venv/.links
FILES := build/files
$(shell mkdir -p build; find app model properties diagrams -name __pycache__ -prune -o -type f -print | sort > $(FILES).new; \
    cmp -s $(FILES).new $(FILES) && rm $(FILES).new || mv $(FILES).new $(FILES))

.PHONY: verify test quick renew ready lint types layers unit format constraints clean

verify: $(LINKS)
	$(BIN)/goalstate verify

# In this order: what is fastest to fail comes first, and the summary of pytest is the last line.
test:
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory layers
	@$(MAKE) --no-print-directory types
	@$(MAKE) --no-print-directory unit

# Less than a minute and a half: lint, types, and the tests that mirror what differs from BASE (the last commit).
quick:
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory types
	@$(BIN)/python -m tests.quick $(BASE)

# What is derived from the model: counts of states, golden pictures, the ledger of mutants, the generated pages. The difference in git
# is what a reviewer reads. A mutant that survives without a reason fails the command, after everything is written.
renew: ready
	$(BIN)/python -m tests.counts
	$(BIN)/python -m tests.diagrams.test_lassos
	$(BIN)/python -m goalstate.development mutants --jobs $(WORKERS); survived=$$?; \
	    $(BIN)/python -m tests.properties.mutants.seeded && $(BIN)/python docs/generate.py && exit $$survived

ready: $(READY_DEV) $(LINKS)

lint: ready
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . || { echo "lint: make format mends layout and what ruff can fix"; exit 1; }

layers: ready
	@$(BIN)/lint-imports --no-logo --no-cache

types: ready
	@$(BIN)/mypy --package goalstate
	@$(BIN)/mypy tests benchmarks examples docs/generate.py conftest.py

unit: ready
	@$(BIN)/pytest --numprocesses=$(WORKERS) --dist=loadfile

format: ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "goalstate needs Python 3.11 or newer, this is " \
	    + sys.version.split()[0] + "; name another one: make PYTHON=python3.13")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) install --constraint constraints.txt setuptools
	$(PIP) install --constraint constraints.txt $(STRICT) --editable .
	@touch $@ $(LINKS)

$(LINKS): $(READY) $(FILES)
	$(PIP) install --no-deps $(STRICT) --editable .
	@touch $@

$(READY_DEV): $(READY)
	$(PIP) install --constraint constraints.txt $(STRICT) --editable '.[dev]'
	@touch $@ $(LINKS)

# Resolves the newest versions that pyproject.toml admits, in an environment of its own.
constraints:
	rm -rf build/resolve
	$(PYTHON) -m venv build/resolve
	build/resolve/bin/python -m pip --disable-pip-version-check --quiet install --upgrade setuptools '.[dev]'
	build/resolve/bin/python -m pip --disable-pip-version-check freeze --all --exclude goalstate --exclude pip > constraints.txt

clean:
	rm -rf build *.egg-info .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
