#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# fetch.sh - fetch what a lock file names, check it, and print the paths of the cached files.
#
#   fetch.sh LOCK NAME...         each file's path on standard output, a line each
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
here=$(cd "$(dirname "$0")" && pwd)

# The command `cella` calls this as well, and its users know other ways to renew a lock.
say() { printf '%s: %s\n' "${CELLA_SAYS:-fetch}" "$*" >&2; }
way_to_renew() {
    if [ -n "${CELLA_SAYS:-}" ]; then
        echo "cella pkg lock --update --lock $lock_said $name"
    else
        echo "$here/relock.sh $lock $name"
    fi
}

relock=no
[ "${1:-}" != --relock ] || { relock=yes; shift; }
if [ $# -lt 2 ] || { [ $relock = yes ] && [ $# -gt 2 ]; }; then
    sed -n '5,6s/^# *//p' "$0" >&2
    exit 2
fi
lock=$1
lock_said=${CELLA_LOCK:-$lock}
shift

# look_up NAME: its line of the lock file, in the variables name, version, sha256, suite, type.
look_up() {
    name=$1
    line=$(sed 's/#.*//' "$lock" | awk -v name="$name" '$1 == name { print; exit }')
    [ -n "$line" ] || { say "$lock has no line for $name"; exit 1; }
    # shellcheck disable=SC2086  # split on purpose
    set -- $line
    [ $# -eq 5 ] || { say "$lock: bad line: $line"; exit 1; }
    version=$2 sha256=$3 suite=$4 type=$5
}

# Of a source the main tarball, if there are more.
only_file_in() { find "$1" -type f ! -name '*.dsc' ! -name '*.asc' ! -name '*.orig-*.tar.*' | head -n 1; }

# The file of version $1 with hash $2 of the package at hand, if the cache has it.
cached_as() {
    [ -d "$CACHE/packages/$name/$1/$2" ] || return 1
    only_file_in "$CACHE/packages/$name/$1/$2" | grep .
}

cached() { cached_as "$version" "$sha256"; }

apt_private() { "$here/apt-private.sh" "$suite" "$type" "$@" >"$scratch/log" 2>&1; }

# What apt-private.sh says by itself is for people to read; the rest only if it matters.
update() { "$here/apt-private.sh" "$suite" "$type" update || exit $?; }
refresh() { "$here/apt-private.sh" "$suite" "$type" refresh || exit $?; }

# Many packages at once, if the archive still has the locked version of every one: apt takes a second
# to start. Those of another suite or type, or that are not had in this way, are left to fetch_one.
fetch_at_once() {
    wanted='' of=''
    for each; do
        look_up "$each"
        [ -n "$of" ] || of="$suite $type"
        if [ "$of" = "$suite $type" ] && [ "$type" != source ]; then
            wanted="$wanted $name=$version"
        fi
    done
    case $wanted in
    *' '*' '*) ;;
    *) return 0 ;;
    esac
    suite=${of% *} type=${of#* }
    say "fetching$wanted ($suite, $type)"
    update
    mkdir "$scratch/many"
    # shellcheck disable=SC2086
    (cd "$scratch/many" && apt_private apt-get download $wanted) || true
    for file in "$scratch"/many/*.deb; do
        [ -e "$file" ] || continue
        look_up "$(basename "$file" | sed 's/_.*//')"
        got_version=$(dpkg-deb -f "$file" Version)
        got_sha256=$(sha256sum "$file" | cut -d' ' -f1)
        [ "$got_version $got_sha256" != "$version $sha256" ] || keep "$file" >/dev/null
    done
    rm -rf "$scratch/many"
}

# Asks the archive for the locked version of the package at hand, or else for what it has: the variables
# offered_version and offered_sha256. Ends this script if there is neither.
look_at_offer() {
    [ $relock = yes ] || apt_private apt-cache show "$name=$version" || :
    if [ $relock = yes ] || ! grep -q '^Version: ' "$scratch/log"; then
        apt_private apt-cache show --no-all-versions "$name" || :
    fi
    offered_version=$(sed -n 's/^Version: //p' "$scratch/log" | head -n 1)
    offered_sha256=$(sed -n 's/^SHA256: //p' "$scratch/log" | head -n 1)
    if [ -z "$offered_version" ] || [ -z "$offered_sha256" ]; then
        say "Debian $suite has no package $name for $type"
        exit 1
    fi
}

# Downloads into the current directory: of a binary package version $1. A source's tarball has no
# version of its own to ask for.
download() {
    case $type in
    source) apt_private apt-get source --tar-only --download-only "$name" ;;
    *) apt_private apt-get download "$name=$1" ;;
    esac
}

version_of() {
    case $type in
    source) basename "$1" | sed 's/^[^_]*_//; s/\.orig\.tar\..*//' ;;
    *) dpkg-deb -f "$1" Version ;;
    esac
}

# keep FILE: move it to its place in the cache, which is printed.
keep() {
    store=$CACHE/packages/$name/$got_version/$got_sha256
    mkdir -p "$store"
    mv -f "$1" "$store/"
    printf '%s\n' "$store/$(basename "$1")"
}

# Downloads the package at hand, if binary in version $1: path, got_version and got_sha256. Fails if apt
# does.
try_to_get() {
    rm -rf "$scratch/one"
    mkdir "$scratch/one"
    (cd "$scratch/one" && download "${1:-}") || return 1
    path=$(only_file_in "$scratch/one")
    [ -n "$path" ] || { say "apt delivered no file for $name"; exit 1; }
    got_version=$(version_of "$path")
    got_sha256=$(sha256sum "$path" | cut -d' ' -f1)
}

get() {
    if ! try_to_get "${1:-}"; then
        say "apt-get failed:"
        cat "$scratch/log" >&2
        exit 1
    fi
}

# check_against_lock VERSION SHA256: whether the lock means that, or an older version.
check_against_lock() {
    if [ "$1" != "$version" ]; then
        say "WARNING: the archive has moved on: $name is $1, $lock_said was made for $version."
        say "WARNING: using $1; renew the lock with: $(way_to_renew)"
    elif [ "$2" != "$sha256" ]; then
        say "$name $version has sha256 $2, but $lock_said says $sha256"
        exit 1
    fi
}

fetch_source() {
    get
    check_against_lock "$got_version" "$got_sha256"
    keep "$path"
}

fetch_binary() {
    look_at_offer
    if [ "$offered_version $offered_sha256" = "$version $sha256" ]; then
        if try_to_get "$version"; then
            keep "$path"
            return
        fi
        # The lists may be older than the archive.
        refresh
        look_at_offer
    fi
    check_against_lock "$offered_version" "$offered_sha256"
    if ! cached_as "$offered_version" "$offered_sha256"; then
        get "$offered_version"
        keep "$path"
    fi
}

fetch_one() {
    say "fetching $name ($suite, $type)"
    update
    case $type in
    source) fetch_source ;;
    *) fetch_binary ;;
    esac
}

print_line_of_today() {
    update
    case $type in
    source) get ;;
    *) look_at_offer && got_version=$offered_version got_sha256=$offered_sha256 ;;
    esac
    printf '%s %s %s %s %s\n' "$name" "$got_version" "$got_sha256" "$suite" "$type"
}

mkdir -p "$CACHE/packages"
scratch=$(mktemp -d "$CACHE/packages/.fetch.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

if [ $relock = yes ]; then
    look_up "$1"
    print_line_of_today
    exit
fi

missing=
for each; do
    look_up "$each"
    cached >/dev/null || missing="$missing $each"
done
# shellcheck disable=SC2086  # package names hold no blanks
[ -z "$missing" ] || fetch_at_once $missing
for each; do
    look_up "$each"
    cached || fetch_one
done
