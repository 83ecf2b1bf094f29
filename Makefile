# goalstate: `make verify` checks the bundled example, `make test` runs everything CI runs.
# Needs Python 3.11 or newer with venv and pip, and make; the rest goes into .venv. Another Python: make PYTHON=python3.13 ...

PYTHON ?= python3
WORKERS ?= 2

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
READY := .venv/.ready
READY_DEV := .venv/.ready-dev

# The wheel, unpacked. An editable install maps folders to names at run time, which mypy and import-linter can't see;
# and only the wheel shows a package or data file forgotten in pyproject.toml. On PYTHONPATH it goes before the editable one.
WHEEL := build/wheel
WHEEL_READY := $(WHEEL)/.ready
ON_WHEEL := PYTHONPATH="$(CURDIR)/$(WHEEL)"
SOURCES := $(shell find app model properties diagrams -name __pycache__ -prune -o -print)

.PHONY: verify test lint types layers unit format constraints clean

verify: $(READY)
	$(BIN)/goalstate verify

# In this order: what is fastest to fail comes first, and the summary of pytest is the last line.
test:
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory layers
	@$(MAKE) --no-print-directory types
	@$(MAKE) --no-print-directory unit

lint: $(READY_DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

layers: $(READY_DEV) $(WHEEL_READY)
	@$(ON_WHEEL) $(BIN)/lint-imports --no-logo --no-cache

# The paths in the messages are those of the wheel; they are turned back into those of the sources.
types: $(READY_DEV) $(WHEEL_READY)
	@MYPYPATH="$(WHEEL)" $(BIN)/mypy --package goalstate > build/mypy.txt; status=$$?; \
	sed -E 's,^$(WHEEL)/goalstate/(model|properties|diagrams)/,\1/,; s,^$(WHEEL)/goalstate/,app/,' build/mypy.txt; \
	exit $$status

unit: $(READY_DEV) $(WHEEL_READY)
	@$(ON_WHEEL) $(BIN)/pytest --numprocesses=$(WORKERS) --dist=loadfile

format: $(READY_DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "goalstate needs Python 3.11 or newer, this is " \
	    + sys.version.split()[0] + "; name another one: make PYTHON=python3.13")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) install --constraint constraints.txt setuptools
	$(PIP) install --constraint constraints.txt --no-build-isolation --editable .
	@touch $@

$(READY_DEV): $(READY)
	$(PIP) install --constraint constraints.txt --no-build-isolation --editable '.[dev]'
	@touch $@

$(WHEEL_READY): $(SOURCES) pyproject.toml | $(READY)
	@rm -rf build/lib build/bdist.* $(WHEEL)
	$(PIP) install --no-deps --no-index --no-build-isolation --target $(WHEEL) .
	@touch $@

# Resolves the newest versions that pyproject.toml admits, in an environment of its own.
constraints:
	rm -rf build/resolve
	$(PYTHON) -m venv build/resolve
	build/resolve/bin/python -m pip --disable-pip-version-check --quiet install --upgrade setuptools '.[dev]'
	build/resolve/bin/python -m pip --disable-pip-version-check freeze --all --exclude goalstate --exclude pip > constraints.txt

clean:
	rm -rf build *.egg-info .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
