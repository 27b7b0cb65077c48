#!/usr/bin/env bash
# Runs the tests of frames on the oldest pandas that is supported, with the oldest pyarrow of the
# extra and the numpy they want, in an environment of its own: test_pandas.sh [OPTION OF PYTEST ...]
#
# PANDAS names another version, as in PANDAS=2.3.3.
set -u
cd "$(dirname "$0")/.."
. scripts/steps.sh
pandas=${PANDAS:-2.2.0}
folder=.venv-pandas-$(cut -d. -f1,2 <<<"$pandas")
stamp=$folder/.installed-pandas-$pandas
# The first versions know no numpy 2, without which later versions of pyarrow cannot be imported.
with=("pandas==$pandas")
case $pandas in 2.2.[01]) with+=("pyarrow==16.*" "numpy<2") ;; esac
options=("$@")
parts=(tests/frames tests/typed tests/test_documents.py tests/test_mapping_queues.py
    notebook_kit/frames notebook_kit/typed)

install() {
    if [ -x "$folder/bin/uv" ]; then
        "$folder/bin/uv" pip install --quiet --python "$folder/bin/python" "$@"
    else
        "$folder/bin/python" -m pip install -qq --disable-pip-version-check "$@"
    fi
}

environment() {
    [ "$stamp" -nt pyproject.toml ] && return
    PYTHON=$1 scripts/make_env.sh "$folder" test && install --editable ".[test]" "${with[@]}" &&
        touch "$stamp"
}

# Wheels of the oldest versions are for the oldest Pythons.
for version in 3.11 3.12; do
    if python=$(scripts/find_python.sh "$version"); then
        step "environment with pandas $pandas" environment "$python"
        [ ${#failed[@]} -gt 0 ] ||
            step "pandas $pandas" "$folder/bin/python" -m pytest -p no:nbval -n 3 \
                --dist worksteal -m "not slow and not browser" "${parts[@]}" "${options[@]}"
        finish
        exit 0
    fi
done
printf '\n!!! Neither Python 3.11 nor 3.12 was found here, so not tested: pandas %s\n' "$pandas" >&2
exit 0
