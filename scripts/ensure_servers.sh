#!/usr/bin/env bash
# Makes sure that PostgreSQL and Redis are there for the tests of pools and caches; never fails, but
# says so loudly: the tests then skip themselves, and fail where CI is set.
#
# The tests start servers of their own, on free ports, with data of their own. What a package would
# start by itself is kept from starting.
set -u

packages=()
compgen -G "/usr/lib/postgresql/*/bin/postgres" >/dev/null || command -v postgres >/dev/null 2>&1 ||
    packages+=(postgresql)
command -v redis-server >/dev/null 2>&1 || packages+=(redis-server)
[ ${#packages[@]} -eq 0 ] && exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    as_root="sudo -n"
fi
# What Debian asks before it starts a service: 101 says that it must not.
policy=/usr/sbin/policy-rc.d

install() {
    export DEBIAN_FRONTEND=noninteractive
    $as_root apt-get update -qq </dev/null || return
    if [ ! -e "$policy" ]; then
        # Also when this is interrupted: no package could ever start a service again.
        trap '$as_root rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null &&
            $as_root chmod +x "$policy"
    fi
    # One by one: where one of them is not to be had, the other still may be.
    for package in "${packages[@]}"; do
        $as_root apt-get install -y -qq --no-install-recommends "$package" </dev/null >/dev/null ||
            failed+=("$package")
    done
}

failed=()
if command -v apt-get >/dev/null 2>&1 && $as_root true 2>/dev/null; then
    echo "Installing ${packages[*]} for the tests"
    install || failed=("${packages[@]}")
else
    failed=("${packages[@]}")
fi

[ ${#failed[@]} -eq 0 ] && exit 0
cat >&2 <<MESSAGE

  !!!  NOT INSTALLED: ${failed[*]}. THE TESTS AGAINST A REAL SERVER OF IT WILL NOT RUN.
  !!!  They need a package index, once: scripts/ensure_servers.sh, or apt-get install ${failed[*]}

MESSAGE
exit 0
