#!/usr/bin/env bash
# Makes or brings up to date one virtual environment: make_env.sh FOLDER EXTRAS
#
# PYTHON names the interpreter to start from; without it the newest supported one that runs is taken.
set -eu
folder=${1:?usage: make_env.sh FOLDER EXTRAS}
extras=${2:?usage: make_env.sh FOLDER EXTRAS}
here=$(cd "$(dirname "$0")" && pwd)

supported() {
    command -v "$1" >/dev/null 2>&1 && "$1" -c '
import ensurepip, sys, venv
sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

choose_python() {
    for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
        if supported "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    if [ -z "${PYTHON:-}" ]; then
        for version in 3.13 3.12 3.11; do
            "$here/find_python.sh" "$version" && return
        done
    fi
    echo "No Python 3.11 or newer that can make a virtual environment was found (tried:" \
        "${PYTHON:-python3.13 python3.12 python3.11 python3}). Install one, with its venv module," \
        "or name it: make PYTHON=/path/to/python3.12 ..." >&2
    return 1
}

if ! supported "$folder/bin/python"; then
    python=$(choose_python)
    echo "Making $folder with $("$python" --version)"
    "$python" -m venv --clear "$folder"
fi

if ! [ -x "$folder/bin/uv" ]; then
    "$folder/bin/python" -m pip install -qq --disable-pip-version-check uv ||
        echo "uv is not to be had here; installing with pip, which takes longer." >&2
fi

echo "Installing notebook_kit[$extras] into $folder"
if [ -x "$folder/bin/uv" ]; then
    "$folder/bin/uv" pip install --quiet --python "$folder/bin/python" --editable ".[$extras]"
else
    "$folder/bin/python" -m pip install -qq --disable-pip-version-check --editable ".[$extras]"
fi
