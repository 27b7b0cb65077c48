#!/usr/bin/env bash
# Makes the environment of the servers that tests/third_party speaks to: make_servers.sh [FOLDER]
#
# Does nothing where it is up to date. Never fails, but says so loudly: the tests then skip
# themselves, and fail where CI is set.
set -u
cd "$(dirname "$0")/.."
folder=${1:-.venv-servers}
wanted=tests/third_party/requirements.txt
stamp=$folder/.installed
python=${VENV:-.venv}/bin/python
uv=${VENV:-.venv}/bin/uv

if [ -x "$folder/bin/python" ] && cmp -s "$wanted" "$stamp" && "$folder/bin/python" -c ''; then
    exit 0
fi

install() {
    if [ -x "$uv" ]; then
        "$uv" venv --quiet --clear --python "$python" "$folder" &&
            "$uv" pip install --quiet --python "$folder/bin/python" -r "$wanted"
    else
        "$python" -m venv --clear "$folder" &&
            "$folder/bin/python" -m pip install -qq --disable-pip-version-check -r "$wanted"
    fi
}

echo "Installing httpbin and datasette, for tests, into $folder"
if install; then
    cp "$wanted" "$stamp"
    exit 0
fi
rm -f "$stamp"
cat >&2 <<'MESSAGE'

  !!!  httpbin and datasette could not be installed: THE TESTS AGAINST THEM WILL NOT RUN.
  !!!  They need a package index, once: scripts/make_servers.sh

MESSAGE
exit 0
