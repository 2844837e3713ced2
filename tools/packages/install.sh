#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# install.sh - install the Debian packages that a part of the build needs.
#
#   tools/packages/install.sh LIST...      for example: install.sh kernel host
#
# LIST names a file LIST.list beside this script, one package a line. Installed packages are left
# alone (dpkg-query decides, so the usual run costs milliseconds and needs no rights). What is
# missing is installed with apt-get, as root or through sudo; someone who has neither is shown the
# command to run, and the script fails.

set -eu

here=$(dirname "$0")

say() { printf 'packages: %s\n' "$*" >&2; }

wanted() {
    for list in "$@"; do
        [ -r "$here/$list.list" ] || { say "no such list: $here/$list.list"; exit 1; }
        sed 's/#.*//' "$here/$list.list"
    done | tr -s ' \t\n' '\n' | sed '/^$/d' | sort -u
}

# Prints each package of "$@" that dpkg does not report as installed.
missing() {
    dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
        awk -v wanted="$*" '
            $2 == "installed" { have[$1] = 1 }
            END { n = split(wanted, w, " "); for (i = 1; i <= n; i++) if (!(w[i] in have)) print w[i] }'
}

missing_of_all_lists() {
    # shellcheck disable=SC2046
    missing $(wanted $(basename -s .list "$here"/*.list))
}

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "this is no Debian system; install the counterparts of these by hand:"
    wanted "$@" >&2
    exit 1
fi

packages=$(wanted "$@")
[ -n "$packages" ] || exit 0
# shellcheck disable=SC2086  # package names hold no blanks
lacking=$(missing $packages | tr '\n' ' ')
[ -n "$lacking" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
    as_root=
elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
    as_root=sudo
else
    say "missing: $lacking"
    say "you are not root and cannot use sudo; have somebody who is run this, then repeat your command"
    say "(it installs what any part of the build needs, so that this happens once):"
    # shellcheck disable=SC2046
    say "    apt-get update && apt-get install --no-install-recommends" $(missing_of_all_lists)
    exit 1
fi

# Two makes may get here at once. apt's own lock does not cover `update`, so take one for both.
exec 9</var/lib/apt/lists
flock 9
# shellcheck disable=SC2086
lacking=$(missing $packages | tr '\n' ' ')
[ -n "$lacking" ] || exit 0

apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600 "$@" \
        </dev/null >&2 9<&-
}

install() {
    # shellcheck disable=SC2086
    apt install -y --no-install-recommends $lacking
}

say "installing: $lacking"
# shellcheck disable=SC2086
if ! apt-get install -s --no-install-recommends $lacking >/dev/null 2>&1; then
    say "the package lists do not know them; updating the lists"
    apt update
fi
if ! install; then
    say "that failed, perhaps because the package lists are old; updating them and trying once more"
    apt update
    install
fi

# shellcheck disable=SC2086
lacking=$(missing $packages | tr '\n' ' ')
[ -z "$lacking" ] || { say "still missing after the installation: $lacking"; exit 1; }
