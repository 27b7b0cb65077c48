#!/usr/bin/env bash
# Runs the tests on the supported Pythons that VENV was not made with, each in an environment of its
# own: test_other_pythons.sh [MARKER EXPRESSION [OPTION OF PYTEST ...]]
#
# PYTHONS names those to take, as in PYTHONS="3.11 3.13".
set -u
cd "$(dirname "$0")/.."
. scripts/steps.sh
markers=${1:-not slow and not browser and not kernel}
shift || true
options=("$@")
main=$("${VENV:-.venv}/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
missing=()

one_python() {
    local folder=".venv-$1"
    PYTHON=$2 make --no-print-directory env VENV="$folder" EXTRAS=test &&
        "$folder/bin/python" -m pytest -n 3 --dist worksteal -m "$markers" "${options[@]}"
}

for version in ${PYTHONS:-3.11 3.12 3.13 3.14}; do
    [ "$version" = "$main" ] && continue
    if python=$(scripts/find_python.sh "$version"); then
        step "Python $version" one_python "$version" "$python"
    else
        missing+=("$version")
    fi
done

if [ ${#missing[@]} -gt 0 ]; then
    printf '\n!!! Not found here, so not tested: Python %s\n' "${missing[@]}" >&2
fi
finish
