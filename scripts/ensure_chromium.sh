#!/usr/bin/env bash
# Makes sure that a Chromium is there for the browser tests; never fails, but says so loudly.
set -u

found() {
    [ -n "${CHROMIUM:-}" ] && return 0
    for name in chromium chromium-browser google-chrome; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    return 1
}

found && exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    as_root="sudo -n"
fi
if command -v apt-get >/dev/null 2>&1 && $as_root true 2>/dev/null; then
    echo "Installing Chromium for the browser tests"
    export DEBIAN_FRONTEND=noninteractive
    $as_root apt-get update -qq </dev/null &&
        $as_root apt-get install -y -qq --no-install-recommends chromium </dev/null >/dev/null
fi

found && exit 0
cat >&2 <<'MESSAGE'

  !!!  No Chromium was found and none could be installed: THE BROWSER TESTS WILL BE SKIPPED.
  !!!  Install Chromium or Chrome, or set CHROMIUM to the path of one.

MESSAGE
exit 0
