#!/usr/bin/env bash
# Prints the path of a Python of one version that really runs, or fails: find_python.sh 3.12
#
# A name on PATH proves little: version managers put stand-ins there that only print an error. So
# each candidate is started, and must be able to make a virtual environment.
set -u
version=${1:?usage: find_python.sh X.Y}

runs() {
    [ -n "$1" ] && command -v "$1" >/dev/null 2>&1 && "$1" -c "
import ensurepip, sys, venv
sys.exit('%d.%d' % sys.version_info[:2] != '$version')" >/dev/null 2>&1
}

candidates() {
    echo "python$version"
    for python in "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version".*/bin/python; do
        echo "$python"
    done
    for uv in uv "${VENV:-.venv}/bin/uv"; do
        "$uv" python find --no-python-downloads "$version" 2>/dev/null
    done
}

while read -r candidate; do
    if runs "$candidate"; then
        "$candidate" -c 'import sys; print(sys.executable)'
        exit 0
    fi
done < <(candidates)
exit 1
