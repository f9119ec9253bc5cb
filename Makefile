# Each target sets up what it needs in .venv; a stamp makes that happen again only when pyproject.toml has changed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: report test oracle bench lint clean
# Two installations into one environment must not run at once.
.NOTPARALLEL:

report: $(VENV)/report.stamp
	$(BIN)/collapse report $(ARGS)

# Compiled files are kept, or each of the many processes of the tests would compile everything again.
test: $(VENV)/test.stamp
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest $(ARGS)

# An independent automatic differentiation, which the tests use where it is installed.
oracle: $(VENV)/oracle.stamp

bench: $(VENV)/report.stamp $(VENV)/oracle.stamp $(VENV)/algebra.stamp
	$(BIN)/python scripts/bench.py $(ARGS)

lint: $(VENV)/lint.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Results (collapse-out/) are the user's and stay.
clean:
	rm -rf $(VENV) build dist .hypothesis .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find theory derivations tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/report.stamp: EXTRAS := report,sweep
$(VENV)/test.stamp: EXTRAS := report,sweep,algebra,test
$(VENV)/oracle.stamp: EXTRAS := oracle
$(VENV)/algebra.stamp: EXTRAS := algebra
$(VENV)/lint.stamp: EXTRAS := report,sweep,dev

$(VENV)/report.stamp $(VENV)/test.stamp $(VENV)/oracle.stamp $(VENV)/algebra.stamp $(VENV)/lint.stamp: pyproject.toml | $(VENV)/created
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[$(EXTRAS)]"
	@touch $@

$(VENV)/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  got=$$($(PYTHON) -c 'import sys; print(sys.version.split()[0])' 2>/dev/null); \
	  echo "expected Python 3.11 or newer, got $${got:-none} from $(PYTHON); name another with make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "expected the modules venv and ensurepip in $(PYTHON); install them (Debian: apt-get install python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@
