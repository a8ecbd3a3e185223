# CNN Lab. `make app` runs it, `make test` tests it; both set up what is missing and nothing that is there.

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install -qq --no-input --disable-pip-version-check
# More than cores: browser tests wait much of their time.
WORKERS ?= 3
# Which tests: `make test-all` takes the slow ones along.
MARKS ?= -m "not slow"
ARGS ?=
PYTEST = OMP_NUM_THREADS=1 $(PY) -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(MARKS) $(ARGS)

.PHONY: help app test test-all test-core test-components test-pages test-browser check format docs bench chromium clean
.DEFAULT_GOAL := help

help:
	@echo "make app              set up once, start CNN Lab and open the browser"
	@echo "make test             set up once, then every check and test"
	@echo "make test-all         the same with the slow tests and the documentation"
	@echo "make test-core        the library's tests, with its coverage"
	@echo "make test-components  the JavaScript's tests, in Node.js 20 or later"
	@echo "make test-pages       the pages' tests, without a browser"
	@echo "make test-browser     the tests in a real browser"
	@echo "make check            ruff, mypy, the import rules, and the same for the JavaScript"
	@echo "make format           let ruff and Prettier lay out the code"
	@echo "make docs             the library's documentation as web pages, in build/docs"
	@echo "make bench            every benchmark, one table each"
	@echo "make clean            remove the environment and all caches (never data/)"

app: $(VENV)/.app-installed
	@$(PY) -m streamlit run app.py $(ARGS)

# The quickest first, so that a fault shows early.
test: check test-core test-components test-pages test-browser

test-all:
	@CNN_LAB_NEW_EXAMPLES=1 $(MAKE) --no-print-directory test MARKS=
	@$(MAKE) --no-print-directory docs

test-core: $(VENV)/.test-installed
	$(PYTEST) tests/cnn_core tests/project tests/benchmarks --cov --cov-report=term

test-components: $(VENV)/.test-installed node_modules/.installed
	@npm --silent test
	$(PYTEST) tests/components

test-pages: $(VENV)/.test-installed
	$(PYTEST) tests/pages

test-browser: $(VENV)/.test-installed chromium
	$(PYTEST) tests/browser

check: $(VENV)/.test-installed node_modules/.installed
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --quiet --check .
	@$(PY) -m mypy --no-error-summary
	@$(VENV)/bin/lint-imports --no-logo > $(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }
	@npm --silent run check
	@echo "checks passed: ruff, mypy, import rules, tsc, ESLint, Prettier"

format: $(VENV)/.test-installed node_modules/.installed
	@$(PY) -m ruff check --quiet --fix . ; $(PY) -m ruff format .
	@npm --silent run format

docs: $(VENV)/.test-installed
	@$(PY) -m docs.build_api

bench: $(VENV)/.test-installed chromium
	@for file in benchmarks/[a-z]*.py; do $(PY) -m benchmarks.$$(basename $$file .py) || exit 1; done

clean:
	rm -rf $(VENV) node_modules build .coverage .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A Python that PyTorch has wheels for; the plain `python3` first, then the others by name.
$(PY):
	@for python in $(PYTHON) python3 python3.11 python3.12 python3.13 python3.14 python; do \
	  if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2> /dev/null; then \
	    echo "Making $(VENV) with $$($$python --version)"; exec $$python -m venv $(VENV); \
	  fi; \
	done; \
	echo "CNN Lab needs Python 3.11 to 3.14, and none was found. Install one from https://www.python.org/downloads/"; \
	echo "or name it: make app PYTHON=/path/to/python3.12"; exit 1

$(VENV)/.app-installed: requirements.txt requirements.lock | $(PY)
	@echo "Installing CNN Lab's requirements: a few minutes the first time (PyTorch is large) ..."
	@$(PIP) -r requirements.txt -c requirements.lock
	@touch $@

$(VENV)/.test-installed: requirements-dev.txt $(VENV)/.app-installed
	@echo "Installing the test requirements ..."
	@$(PIP) -r requirements-dev.txt -c requirements.lock
	@touch $@

# What checks and tests the JavaScript; installed again only when the locked versions change.
node_modules/.installed: package.json package-lock.json
	@command -v npm > /dev/null && node -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)' || { \
	  echo "The checks and tests of CNN Lab's JavaScript need Node.js 20 or later with npm (https://nodejs.org); the app needs neither."; \
	  exit 1; }
	@echo "Installing what checks the JavaScript ..."
	@npm ci --silent --no-audit --no-fund
	@touch $@

# The browser tests need a Chromium, best its headless shell: Debian's package when we may install it, what the system
# has, or Playwright's own.
chromium: $(VENV)/.test-installed
	@if command -v chromium-headless-shell > /dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && grep -qs '^ID=debian' /etc/os-release \
	  && echo "Installing Chromium ..." && apt-get update -qq \
	  && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium-headless-shell > /dev/null; then :; \
	elif command -v chromium > /dev/null || command -v chromium-browser > /dev/null || command -v google-chrome > /dev/null; then :; \
	elif [ "$$(id -u)" = 0 ]; then $(PY) -m playwright install --with-deps --only-shell chromium; \
	else $(PY) -m playwright install --only-shell chromium; fi
