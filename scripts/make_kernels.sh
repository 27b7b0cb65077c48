#!/usr/bin/env bash
# Lays the versions of ipykernel that tests/browser/support drives side by side: make_kernels.sh [FOLDER]
#
# Each is a folder that goes before the environment's own packages. Does nothing where all are there.
# Never fails, but says so loudly: the tests of a version that is missing then skip themselves, and
# fail where CI is set.
set -u
cd "$(dirname "$0")/.."
folder=${1:-.venv-kernels}
python=${VENV:-.venv}/bin/python
uv=${VENV:-.venv}/bin/uv
missing=

install() {
    if [ -x "$uv" ]; then
        "$uv" pip install --quiet --python "$python" --no-deps --target "$1" "${@:2}"
    else
        "$python" -m pip install -qq --disable-pip-version-check --no-deps --target "$1" "${@:2}"
    fi
}

while read -r version more; do
    [ -d "$folder/$version/ipykernel" ] && continue
    echo "Installing ipykernel $version, for tests, into $folder"
    # shellcheck disable=SC2086 - what else a version needs is a list of words
    install "$folder/$version.part" "ipykernel==$version" $more &&
        rm -rf "$folder/$version" && mv "$folder/$version.part" "$folder/$version" ||
        missing="$missing $version"
done <tests/browser/support/kernels.txt

if [ -n "$missing" ]; then
    cat >&2 <<MESSAGE

  !!!  ipykernel$missing could not be installed: THE TESTS ON IT WILL NOT RUN.
  !!!  They need a package index, once: scripts/make_kernels.sh

MESSAGE
fi
exit 0
