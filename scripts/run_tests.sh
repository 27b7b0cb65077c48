#!/usr/bin/env bash
# Everything that `make test` checks, in the environment it is given: run_tests.sh FOLDER
#
# All steps are run even when one fails, so that one run tells the whole story.
set -u
cd "$(dirname "$0")/.."
. scripts/steps.sh
bin=${1:?usage: run_tests.sh FOLDER}/bin
pytest=("$bin/python" -m pytest)

step "ruff" "$bin/ruff" check
step "ruff format" "$bin/ruff" format --check
# A core each, while kernels are started and waited for.
begin_step "mypy" "$bin/mypy"
begin_step "pyright" "$bin/pyright" --pythonpath "$bin/python"
step "import layers" "$bin/lint-imports"
step "notebooks" "${pytest[@]}" --nbval-lax --nbval-current-env --nbval-cell-timeout=60 notebooks
join_steps
# In a process of their own: Playwright keeps an event loop running in the main thread.
step "browser" "${pytest[@]}" -m "browser and not slow" tests/browser
# Without the plugin for notebooks, which each worker would load for nothing.
step "tests" "${pytest[@]}" -p no:nbval -n 3 --dist worksteal -m "not slow and not browser"
finish
