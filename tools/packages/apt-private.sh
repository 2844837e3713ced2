#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# apt-private.sh - apt for another suite or architecture, without touching the system's own apt.
#
#   apt-private.sh SUITE TYPE update             fetch the package lists, if older than an hour
#   apt-private.sh SUITE TYPE refresh            fetch them, however old they are
#   apt-private.sh SUITE TYPE apt-get ARG...     run apt-get (or apt-cache) on those lists
#   apt-private.sh SUITE TYPE search WORD...     packages with all of WORD in their names, or if there
#                                                are none, in their descriptions
#   apt-private.sh SUITE TYPE entries            show which archives it would try, as URI KEYRING
#
# SUITE is a Debian suite by name (trixie), or `host` for the one this system runs. TYPE is an
# architecture (riscv64) for binary packages, or `source`. State, lists and cache are private, under
# $CACHE/apt/SUITE-TYPE, and no package counts as installed there, so it works without rights and
# dependencies come out complete.
#
# The archive is the one that the system itself uses: the first deb822 or one-line entry for the
# system's suite and its component main whose index, once fetched and verified by apt, says that its
# origin is Debian. Other people's archives are thereby passed over, and mirrors and proxies work. When
# none can be reached, the lists of an earlier day are used, with a warning.
#
# Exit status: 3 if no archive can be reached, 4 if one sent what its signature does not vouch for, 6 if
# this system has no apt; others are apt's own.

set -eu

CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cella}
default_keyring=/usr/share/keyrings/debian-archive-keyring.gpg
# Where the system's own entries are; a test points this at a made-up tree.
apt_etc=${CELLA_APT_ETC:-/etc/apt}

say() { printf '%s: %s\n' "${CELLA_SAYS:-apt-private}" "$*" >&2; }

[ $# -ge 3 ] || { sed -n '6,11s/^# *//p' "$0" >&2; exit 2; }
if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
    say "this is no Debian system: apt-get, which fetches packages and checks signatures, is not there"
    exit 6
fi
# What apt says is looked at, below and by others.
export LC_ALL=C
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
suite=$1 type=$2
shift 2
[ "$suite" != host ] || suite=$codename
dir=$CACHE/apt/$suite-$type
mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/state"
: >>"$dir/status"
# What the system does after its own updates and installations is not for ours.
cat >"$dir/apt.conf" <<'EOF'
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg;
EOF

# Prints "URI KEYRING" for every enabled entry of the system's suite with component main; KEYRING is
# `-` where the entry names none. Entries of archives called .../debian come first.
system_entries() {
    {
        for file in "$apt_etc"/sources.list.d/*.sources; do
            [ -r "$file" ] || continue
            cat "$file"
            echo
        done | awk -v suites=" $codename stable oldstable " '
            function stanza_end(  i, n, s, found) {
                n = split(field["suites"], s, " ")
                for (i = 1; i <= n; i++)
                    if (index(suites, " " s[i] " "))
                        found = 1
                if (found && (" " field["components"] " ") ~ / main / &&
                    (" " field["types"] " ") ~ / deb(-src)? / && field["enabled"] !~ /^(no|false|0)$/) {
                    key = field["signed-by"] ~ /^\// ? field["signed-by"] : "-"
                    sub(/ .*/, "", key)
                    n = split(field["uris"], s, " ")
                    for (i = 1; i <= n; i++)
                        print s[i], key
                }
                split("", field)
            }
            /^#/ { next }
            /^[ \t]*$/ { stanza_end(); next }
            /^[ \t]/ { sub(/^[ \t]+/, ""); field[name] = field[name] " " $0; next }
            {
                name = tolower(substr($0, 1, index($0, ":") - 1))
                value = substr($0, index($0, ":") + 1)
                gsub(/^[ \t]+|[ \t]+$/, "", value)
                gsub(/[ \t]+/, " ", value)
                field[name] = value
            }
            END { stanza_end() }'
        cat "$apt_etc"/sources.list "$apt_etc"/sources.list.d/*.list 2>/dev/null |
            awk -v suites=" $codename stable oldstable " '
                $1 != "deb" && $1 != "deb-src" { next }
                {
                    key = "-"
                    if (match($0, /\[[^]]*\]/)) {
                        options = substr($0, RSTART + 1, RLENGTH - 2)
                        $0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH)
                        if (match(options, /signed-by=[^ ,]+/))
                            key = substr(options, RSTART + 10, RLENGTH - 10)
                        if (key !~ /^\//)
                            key = "-"
                    }
                    sub(/#.*/, "")
                    if (index(suites, " " $3 " ") && ($0 " ") ~ / main / && $2 !~ /^cdrom:/)
                        print $2, key
                }' || true
    } | awk '!seen[$0]++ { if ($1 ~ /\/debian\/?$/) print; else rest[++n] = $0 }
             END { for (i = 1; i <= n; i++) print rest[i] }'
}

private() {
    tool=$1
    shift
    case $type in
    source) arch=$(dpkg --print-architecture) ;;
    *) arch=$type ;;
    esac
    "$tool" -q -c "$dir/apt.conf" \
        -o Dir::State="$dir/state" -o Dir::State::Lists="$dir/lists" -o Dir::State::status="$dir/status" \
        -o Dir::Cache="$dir/cache" -o Dir::Cache::pkgcache=pkgcache.bin \
        -o Dir::Cache::srcpkgcache=srcpkgcache.bin -o Dir::Etc::SourceList="$dir/sources.list" \
        -o Dir::Etc::SourceParts=/dev/null -o Dir::Etc::Preferences=/dev/null \
        -o Dir::Etc::PreferencesParts=/dev/null -o APT::Architecture="$arch" \
        -o APT::Architectures="$arch" -o APT::Install-Recommends=false -o APT::Sandbox::User=root \
        -o APT::Get::List-Cleanup=true -o Acquire::Languages=none -o Acquire::Retries=3 \
        -o Debug::NoLocking=1 "$@" </dev/null 9<&-
}

write_source_line() {
    keyring=$2
    [ "$keyring" != - ] || keyring=$default_keyring
    kind=deb
    [ "$type" != source ] || kind=deb-src
    printf '%s [signed-by=%s] %s %s main\n' "$kind" "$keyring" "$1" "$suite" >"$dir/sources.list"
}

fetched_from_debian() {
    grep -qs '^Origin: Debian$' "$dir"/lists/*Release
}

# After an update that failed: what apt's log says about it, as this script's exit status.
kind_of_failure() {
    if grep -qE 'NO_PUBKEY|BADSIG|EXPKEYSIG|REVKEYSIG|not signed|Clearsigned|Hash Sum mismatch|(expired|not valid yet)' "$dir/log"; then
        echo 4
    elif grep -qiE 'could not (resolve|connect)|failure resolving|(unable|cannot) (to )?(connect|initiate)|(network|host) is unreachable|timed out|refused|file not found' "$dir/log"; then
        echo 3
    else
        echo 1
    fi
}

give_up() {
    kind=$(kind_of_failure)
    if [ "$kind" = 3 ] && [ -e "$dir/updated" ]; then
        mv "$dir/sources.list.old" "$dir/sources.list"
        say "warning: no archive can be reached; using package lists of $(date -r "$dir/updated" '+%F %H:%M')"
        return
    fi
    case $kind in
    3) say "none of the system's archives can be reached:" ;;
    4) say "an archive's signature does not vouch for its list of Debian $suite ($type):" ;;
    *) say "none of the system's archives gave a verified list of Debian $suite ($type):" ;;
    esac
    grep -E '^(E|W|Err)[: ]' "$dir/log" | tail -n 15 >&2
    exit "$kind"
}

refresh() {
    entries=$(system_entries)
    if [ -z "$entries" ]; then
        say "no entry for $codename main in $apt_etc"
        exit 1
    fi
    : >"$dir/log"
    : >>"$dir/sources.list"
    cp "$dir/sources.list" "$dir/sources.list.old"
    while read -r uri keyring; do
        write_source_line "$uri" "$keyring"
        if private apt-get -o APT::Update::Error-Mode=any -o Acquire::Retries=1 update >>"$dir/log" 2>&1 && fetched_from_debian; then
            touch "$dir/updated"
            return
        fi
    done <<EOF
$entries
EOF
    give_up
}

update() {
    [ -n "$(find "$dir/updated" -mmin -60 2>/dev/null)" ] || refresh
}

search() {
    update
    found=$(private apt-cache search --names-only "$@")
    [ -n "$found" ] || found=$(private apt-cache search "$@")
    [ -z "$found" ] || printf '%s\n' "$found" | sort
}

exec 9>"$dir/lock"
flock 9
case $1 in
entries) system_entries ;;
update) update ;;
refresh) refresh ;;
search)
    shift
    search "$@"
    ;;
apt-get | apt-cache)
    [ -e "$dir/updated" ] || update
    private "$@"
    ;;
*) say "unknown command: $1"; exit 2 ;;
esac
