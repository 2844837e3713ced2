#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# fetch.sh - fetch what a lock file names, check it, and print the path of the cached file.
#
#   fetch.sh LOCK NAME            the file's path on standard output
#   fetch.sh --relock LOCK NAME   the line that the lock file should have today
#
# A lock file has one line for each package:
#
#   NAME VERSION SHA256 SUITE TYPE
#
# TYPE is an architecture, and the file a .deb, or `source`, and the file is upstream's tarball.
# A file that was fetched once is served from $CACHE/packages/NAME/VERSION/SHA256 and needs no network.
#
# Debian's archive keeps one version of a package. When it has moved past the lock, this says so and
# serves the newer one, which apt has checked against the signed index. The locked version with
# another hash is an error.

set -eu

CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cella}
export CACHE
here=$(dirname "$0")

say() { printf 'fetch: %s\n' "$*" >&2; }

relock=no
[ "${1:-}" != --relock ] || { relock=yes; shift; }
[ $# -eq 2 ] || { sed -n '5,6s/^# *//p' "$0" >&2; exit 2; }
lock=$1 name=$2

line=$(sed 's/#.*//' "$lock" | awk -v name="$name" '$1 == name { print; exit }')
[ -n "$line" ] || { say "$lock has no line for $name"; exit 1; }
# shellcheck disable=SC2086  # split on purpose
set -- $line
[ $# -eq 5 ] || { say "$lock: bad line: $line"; exit 1; }
version=$2 sha256=$3 suite=$4 type=$5

only_file_in() { find "$1" -type f ! -name '*.dsc' ! -name '*.asc' | head -n 1; }

cached() {
    [ -d "$CACHE/packages/$name/$version/$sha256" ] || return 1
    only_file_in "$CACHE/packages/$name/$version/$sha256"
}

if [ $relock = no ] && path=$(cached) && [ -n "$path" ]; then
    printf '%s\n' "$path"
    exit
fi

# Downloads into the current directory: the locked version of a binary package if the archive still
# has it, else what it has. A source's tarball has no version of its own to ask for.
download() {
    case $type in
    source) apt_private apt-get source --tar-only --download-only "$name" ;;
    *)
        { [ $relock = no ] && apt_private apt-get download "$name=$version"; } ||
            apt_private apt-get download "$name"
        ;;
    esac
}

apt_private() { "$apt_script" "$suite" "$type" "$@" >"$scratch.log" 2>&1; }
apt_script=$(cd "$here" && pwd)/apt-private.sh

version_of() {
    case $type in
    source) basename "$1" | sed 's/^[^_]*_//; s/\.orig\.tar\..*//' ;;
    *) dpkg-deb -f "$1" Version ;;
    esac
}

mkdir -p "$CACHE/packages"
scratch=$(mktemp -d "$CACHE/packages/.fetch.XXXXXX")
trap 'rm -rf "$scratch" "$scratch.log"' EXIT
say "fetching $name ($suite, $type)"
"$apt_script" "$suite" "$type" update
if ! (cd "$scratch" && download); then
    say "apt-get failed:"
    cat "$scratch.log" >&2
    exit 1
fi

path=$(only_file_in "$scratch")
[ -n "$path" ] || { say "apt delivered no file for $name"; exit 1; }
got_version=$(version_of "$path")
got_sha256=$(sha256sum "$path" | cut -d' ' -f1)

if [ $relock = yes ]; then
    printf '%s %s %s %s %s\n' "$name" "$got_version" "$got_sha256" "$suite" "$type"
    exit
fi
if [ "$got_sha256" != "$sha256" ]; then
    if [ "$got_version" = "$version" ]; then
        say "$name $version has sha256 $got_sha256, but $lock says $sha256"
        exit 1
    fi
    say "WARNING: the archive has moved on: $name is $got_version, $lock was made for $version."
    say "WARNING: using $got_version; renew the lock with: $0 --relock $lock $name"
fi

store=$CACHE/packages/$name/$got_version/$got_sha256
mkdir -p "$store"
mv -f "$path" "$store/"
printf '%s\n' "$store/$(basename "$path")"
