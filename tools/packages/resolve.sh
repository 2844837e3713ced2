#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# resolve.sh - which packages a wish comes to: the lines that a lock file should have for it.
#
#   resolve.sh [--update] [--no-depends] LOCK SUITE TYPE NAME[=VERSION]...
#
# Prints a lock file's lines (fetch.sh has the format) for the packages NAME and all that they depend on,
# recommended ones left out, as apt chooses them for a system on which nothing is installed. Nothing is
# fetched but package lists.
#
# A version that LOCK names is kept: it is preferred to whatever else the archive has, and if its file is
# in the cache, the archive need not have it any more. If the cache has all that is needed, the archive
# is not asked. Two things can keep a locked version from being chosen, and are told: neither archive nor
# cache have it, or something wanted does not go with it. --update goes by the archive alone.
#
# LOCK need not exist. Exit status: 3, 4 and 6 as in apt-private.sh; 5 if a package does not exist.

set -eu

CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cella}
export CACHE
here=$(cd "$(dirname "$0")" && pwd)

say() { printf '%s: %s\n' "${CELLA_SAYS:-resolve}" "$*" >&2; }

update=no depends=yes
while :; do
    case ${1:-} in
    --update) update=yes ;;
    --no-depends) depends=no ;;
    *) break ;;
    esac
    shift
done
[ $# -ge 4 ] || { sed -n '6s/^# *//p' "$0" >&2; exit 2; }
lock=$1 suite=$2 type=$3
shift 3

mkdir -p "$CACHE"
scratch=$(mktemp -d "$CACHE/.resolve.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
[ -e "$lock" ] || lock=/dev/null

# The lines of the lock that say something here: `NAME VERSION SHA256 SUITE TYPE`.
if [ $update = yes ]; then
    : >"$scratch/locked"
else
    sed 's/#.*//' "$lock" | awk -v suite="$suite" -v type="$type" -v wishes="$*" '
        BEGIN {
            n = split(wishes, wish, " ")
            for (i = 1; i <= n; i++)
                if (split(wish[i], part, "=") == 2)
                    asked[part[1]] = part[2]
        }
        NF == 5 && $4 == suite && $5 == type && $2 != "-" && (!($1 in asked) || asked[$1] == $2)
    ' >"$scratch/locked"
fi

# What apt is told of them: to prefer these versions, and where the cache has the files.
write_preferences() {
    while read -r name version _; do
        printf 'Package: %s\nPin: version %s\nPin-Priority: 1001\n\n' "$name" "$version"
    done <"$scratch/locked" >"$scratch/preferences"
}
list_cached() {
    while read -r name version sha256 _; do
        for file in "$CACHE/packages/$name/$version/$sha256"/*.deb; do
            [ ! -e "$file" ] || printf '%s  %s\n' "$sha256" "$file"
        done
    done <"$scratch/locked" >"$scratch/sums"
    cut -c 67- "$scratch/sums" >"$scratch/cached"
}
# apt would stumble over a file that was damaged in the cache, and name another reason.
check_cached() {
    [ -s "$scratch/sums" ] || return 0
    if ! damaged=$(sha256sum --check --quiet "$scratch/sums" 2>/dev/null); then
        say "error: ${damaged%:*} is damaged"
        say "remove it, then try again; it will be fetched anew"
        exit 1
    fi
}
write_preferences
list_cached
check_cached

# simulate WHERE OPTION... NAME...: what apt would install; `NAME VERSION` lines in $scratch/chosen.
simulate() {
    where=$1
    shift
    while read -r file; do
        set -- --with-source "$file" "$@"
    done <"$scratch/cached"
    "$where" apt-get -s "$@" >"$scratch/log" 2>&1 || return
    sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1 \2/p' "$scratch/log" >"$scratch/chosen"
}
with_archive() { "$here/apt-private.sh" "$suite" "$type" "$@"; }
with_cache() {
    tool=$1
    shift
    mkdir -p "$scratch/empty"
    with_archive "$tool" -o Dir::State::Lists="$scratch/empty" -o Dir::Etc::SourceList=/dev/null \
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= "$@"
}

# Every package asked for is among the chosen: apt takes `a.` for a pattern and `a-` for a removal.
all_are_chosen() {
    for wish; do
        awk -v name="${wish%%=*}" '$1 == name { found = 1 } END { exit !found }' "$scratch/chosen" || {
            unfound=${wish%%=*}
            return 1
        }
    done
}

versions_of() { with_archive apt-cache show "$1" | sed -n 's/^Version: //p' | tr '\n' ' '; }

# Ends this script after apt failed.
explain() {
    unknown=$(sed -n "s/^E: Unable to locate package //p; s/^E: Couldn't find any package by .*'\(.*\)'$/\1/p" \
        "$scratch/log" | sort -u)
    [ -n "$unknown" ] || unknown=${unfound:-}
    if [ -n "$unknown" ]; then
        for name in $unknown; do
            say "error: Debian $suite has no package $name for $type"
        done
        exit 5
    fi
    if grep -q '^E: Version .* was not found$' "$scratch/log"; then
        for wish; do
            name=${wish%%=*}
            [ "$wish" = "$name" ] ||
                say "error: Debian $suite has no $name ${wish#*=}; it has: $(versions_of "$name")"
        done
        exit 1
    fi
    say "error: apt finds no way to have $*:"
    grep -vE '^(Reading|Building|Some packages could|requested an|distribution that|or been moved|The following information|Note,)' \
        "$scratch/log" | sed '/^ *$/d; s/^/  /' >&2
    exit 1
}

resolve() {
    if [ -s "$scratch/cached" ] && simulate with_cache install "$@" && all_are_chosen "$@"; then
        return
    fi
    with_archive update
    if simulate with_archive -o Dir::Etc::Preferences="$scratch/preferences" install "$@"; then
        all_are_chosen "$@" || explain "$@"
        return
    fi
    cp "$scratch/log" "$scratch/log.locked"
    if [ -s "$scratch/locked" ] && simulate with_archive install "$@" && all_are_chosen "$@"; then
        say "warning: $* does not go with every version in $lock; some are newer ones"
        return
    fi
    explain "$@"
}

# The same without dependencies: what is asked for or locked, else what the archive has.
choose_only() {
    printf '%s\n' "$@" | awk '
        FILENAME == ARGV[1] { locked[$1] = $2; next }
        {
            split($1, part, "=")
            version = $1 == part[1] ? locked[part[1]] : part[2]
            print part[1], version
        }' "$scratch/locked" - >"$scratch/wished"
    awk 'NF == 2' "$scratch/wished" >"$scratch/chosen"
    open=$(awk 'NF == 1' "$scratch/wished")
    [ -n "$open" ] || return 0
    with_archive update
    # shellcheck disable=SC2086  # package names hold no blanks
    with_archive apt-cache show --no-all-versions $open 2>"$scratch/log" |
        awk '$1 == "Package:" { name = $2 } $1 == "Version:" { print name, $2 }' >>"$scratch/chosen"
    # shellcheck disable=SC2086
    all_are_chosen $open || explain "$@"
}

# Lines for the chosen: the lock's own, else from the archive's signed index.
print_lines() {
    awk 'FILENAME == ARGV[1] { locked[$1, $2] = 1; next } !(($1, $2) in locked) { print $1 "=" $2 }' \
        "$scratch/locked" "$scratch/chosen" >"$scratch/new"
    : >"$scratch/offered"
    if [ -s "$scratch/new" ]; then
        # shellcheck disable=SC2046  # names and versions hold no blanks
        with_archive apt-cache show $(cat "$scratch/new") >"$scratch/offered" 2>"$scratch/log" || :
    fi
    awk -v suite="$suite" -v type="$type" '
        FILENAME == ARGV[1] { line[$1, $2] = $0; next }
        FILENAME == ARGV[2] && $1 == "Package:" { name = $2 }
        FILENAME == ARGV[2] && $1 == "Version:" { version = $2 }
        FILENAME == ARGV[2] && $1 == "SHA256:" {
            line[name, version] = name " " version " " $2 " " suite " " type
        }
        FILENAME == ARGV[2] { next }
        !(($1, $2) in line) { print $1, $2; bad = 1; next }
        { print line[$1, $2] }
        END { exit bad }' "$scratch/locked" "$scratch/offered" "$scratch/chosen" >"$scratch/lines" || {
        say "error: Debian $suite has these no more, or not in this version:"
        awk 'NF == 2 { print "  " $1 " " $2 }' "$scratch/lines" >&2
        exit 5
    }
    sort "$scratch/lines"
}

unfound=
if [ $depends = yes ]; then
    resolve "$@"
else
    choose_only "$@"
fi
print_lines
