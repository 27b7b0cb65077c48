# notebook_kit: `make help` lists what can be asked for.

VENV ?= .venv
DEMO_VENV ?= .venv-demo
EXTRAS ?= dev
BIN = $(VENV)/bin
STAMP = $(VENV)/.installed-$(EXTRAS)
QUICK = not slow and not browser and not kernel
# What compares with other packages, works beside them, reads long documents or is shown is the same
# on all Pythons; the quick run of the others leaves it to `make test-all`.
ONE_PYTHON_DOES = $(addprefix tests/,third_party integrations client/fast client/httpx \
	client/openapi client/streaming chance counting demo distributed faults frames launching lifetime secrets \
	servers shutdown test_hostile.py widgets)

# It allows half a second for 200 connections, of which tracing leaves nothing.
NO_TIME = --deselect tests/client/test_cancelling.py
# There what traces has its own to say at exit: on a disk that is full, on a third signal.
NOT_TRACED = --deselect tests/frames/exports/test_failing.py::test_a_full_disk_leaves_what_was_there \
	--deselect tests/shutdown/test_cutting.py::test_a_third_signal_interrupts_the_block_come_what_may

# The developers' environment has all that the demo needs: where it is there, it serves both.
ifneq ($(wildcard $(VENV)/.installed-dev),)
LAB_VENV = $(VENV)
LAB_STAMP = $(VENV)/.installed-dev
DEMO_STAMP = $(VENV)/.installed-dev
else
LAB_VENV = $(DEMO_VENV)
LAB_STAMP = $(DEMO_VENV)/.installed-lab
DEMO_STAMP = $(DEMO_VENV)/.installed-demo
endif

export PYTHON VENV
# Tests start hundreds of interpreters: each would compile again what is not kept.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo lab test test-pythons test-pandas test-all check coverage bench clean env chromium servers kernels pictures

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(DEMO_STAMP) ## run the quickstart notebook against the embedded demo API
	@$(LAB_VENV)/bin/python scripts/run_demo.py

lab: $(LAB_STAMP) ## open the quickstart notebook in JupyterLab
	@$(LAB_VENV)/bin/python -m jupyterlab notebooks/01_quickstart.ipynb

test: env chromium servers ## all checks and tests but the slow ones, on one Python
	@scripts/run_tests.sh $(VENV)

test-pythons: env ## the quick tests on the other Pythons that are found here
	@scripts/test_other_pythons.sh "$(QUICK)" $(ONE_PYTHON_DOES:%=--ignore=%)

test-pandas: ## the tests of frames on the oldest pandas that is supported
	@scripts/test_pandas.sh

test-all: test kernels ## everything: slow tests too, all kernels, all Pythons found here, old pandas
	@$(BIN)/python -m pytest -m "slow and not browser"
	@$(BIN)/python -m pytest -m "slow and browser" --ignore tests/browser/test_pictures.py tests/browser
	@scripts/test_other_pythons.sh "not browser"
	@scripts/test_pandas.sh

check: env ## style, types, the public API as an editor sees it, import layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

coverage: env servers ## coverage: at least 95 % overall, 100 % of policies and scheduling
	rm -f .coverage .coverage.*
	$(BIN)/python -m pytest -p no:nbval -n 3 --dist worksteal -m "not slow and not browser" --cov --cov-report= $(NO_TIME) $(NOT_TRACED)
	$(BIN)/coverage report --fail-under=95
	$(BIN)/coverage report --fail-under=100 --include="notebook_kit/policies/*,notebook_kit/scheduling/*"

pictures: env chromium ## take the pictures of README and docs again
	@$(BIN)/python -m pytest -q -m slow tests/browser/test_pictures.py

bench: env ## the benchmarks
	@$(BIN)/python -m benchmarks

clean: ## remove what the other targets made, environments included
	rm -rf .venv .venv-* build dist htmlcov .coverage .coverage.*
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

env: $(STAMP)

chromium:
	@scripts/ensure_chromium.sh

servers: env
	@scripts/make_servers.sh
	@scripts/ensure_servers.sh

kernels: env
	@scripts/make_kernels.sh

# An environment is made again, or brought up to date, only when what it depends on has changed.
$(VENV)/.installed-%: pyproject.toml scripts/make_env.sh
	@scripts/make_env.sh $(VENV) $*
	@touch $@

$(DEMO_VENV)/.installed-%: pyproject.toml scripts/make_env.sh
	@scripts/make_env.sh $(DEMO_VENV) $*
	@touch $@
