#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds the emulator: Debian 12's QEMU source, our patches and our new files.
# The result is cached under a key made of everything that goes into it; see
# README.md beside this file and `build.sh --help`.

set -euo pipefail
export LC_ALL=C

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
packages=$here/../tools/packages
export CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cella}
src=$CACHE/src
top=$CACHE/qemu
tree=$top/tree                  # of a build; gone when it has succeeded
reusable_tree=$top/dev-tree     # of --reuse-tree
program=qemu-system-riscv64

# One file for all of Debian 12's life; only Debian's own part is replaced at
# point releases.
suite=bookworm
orig=qemu_7.2+dfsg.orig.tar.xz
orig_sha256=91aca71520040edc40b8d437aa3004dae614f58e286cf653ee8996c07af2962f

# The files whose branches the variant "coverage" counts: as the compiler names them, with the
# inline functions of the header and the part of the translator that is ours.
instrumented='/target/riscv/(insn_trans/trans_)?seccells[a-z_]*[.]'

# Our files, copied into the tree at the same place.
new_dirs=(target configs)
with_patches=yes

configure_args=(
    --target-list=riscv64-softmmu
    --without-default-features --without-default-devices
    --with-devices-riscv64=cella
    --enable-system --enable-tcg --enable-plugins
    --enable-slirp --enable-fdt=system
    --enable-virtfs --enable-attr --enable-cap-ng --enable-linux-aio
    --enable-pie --disable-debug-info
    --disable-docs --disable-tools --disable-guest-agent
    # QEMU's short loops (its TLB flush above all) take twice the time where the
    # linker happens to put them across a cache line.
    --extra-cflags=-falign-loops=32
)

usage() {
    cat <<EOF
usage: qemu/build.sh [option]...

Without an option: build the emulator if its binary is not in the cache.

  --variant NAME build, or tell the path of, another emulator; below

  --path         print where the binary is, or would be; builds nothing and
                 needs no network
  --fetch        only download the source
  --reuse-tree   build in the source tree the last such run has left, and
                 leave it: only what changed is compiled (for work on the
                 patches). The tree is $reusable_tree,
                 with -NAME behind it for a variant
  --jobs N       compile N files at once (default: number of processors)
  --help         this text

Variants:
  unpatched      Debian's source as it is, configured for the same devices:
                 what our patches are compared with
  coverage       our files compiled without optimization and with counters on
                 their branches, which the program adds up in .gcda files as it
                 ends (set GCOV_PREFIX); gcno/ beside the binary has gcc's notes

Cache: \$CACHE, or \$XDG_CACHE_HOME/cella, or ~/.cache/cella: src/ holds the downloaded
source, qemu/<key>/ a finished build and its log. The packages needed are in
tools/packages/qemu.list; nothing is installed.
EOF
}

say() { printf 'qemu: %s\n' "$*"; }
die() { printf 'qemu: error: %s\n' "$*" >&2; exit 1; }

# --- key and place ------------------------------------------------------------

# Every variant is a change of what goes into the key and the tree; the emulator
# itself has no name here, so that its key stays what it is.
use_variant() {
    case $1 in
    unpatched)
        with_patches=no
        new_dirs=(configs)
        ;;
    coverage)
        configure_args+=(
            "--extra-cflags=--coverage -fprofile-update=atomic -fprofile-filter-files=$instrumented -O0"
            --extra-ldflags=--coverage
        )
        ;;
    *) usage >&2; die "unknown variant $1" ;;
    esac
    variant=$1
    reusable_tree=$reusable_tree-$1
}

patches() {
    [ "$with_patches" = no ] || find "$here/patches" -name '*.patch' | sort
}

our_files() {
    (
        cd "$here"
        [ "$with_patches" = no ] || find patches -type f
        find "${new_dirs[@]}" -type f
    ) | sort
}

key() {
    {
        [ -z "$variant" ] || printf 'variant %s\n' "$variant"
        printf '%s\n' "$orig_sha256" "${configure_args[*]}"
        (cd "$here" && our_files | xargs -d '\n' sha256sum)
    } | sha256sum | cut -c1-16
}

# --- source -------------------------------------------------------------------

check_packages() {
    local missing
    # shellcheck disable=SC2016  # ${...} is for dpkg-query
    missing=$(sed 's/#.*//' "$packages/qemu.list" | xargs dpkg-query -W -f \
                  '${Package} ${db:Status-Status}\n' 2>&1 |
              awk '/no packages found/ { print $NF; next }
                   $2 != "installed" { print $1 }' | tr '\n' ' ')
    [ -z "$missing" ] || die "packages missing; as root: apt-get install $missing"
}

orig_is_good() { echo "$orig_sha256  $1" | sha256sum --check --status 2>/dev/null; }

have_source() {
    local dsc=("$src"/qemu_7.2+dfsg-*.dsc)
    [ -e "${dsc[0]}" ] && orig_is_good "$src/$orig"
}

# Downloads into a directory of its own and moves finished files to $src, the
# .dsc last: have_source looks for that.
fetch() {
    if have_source; then
        return
    fi
    local get=$src/get
    rm -rf "$get"
    mkdir -p "$get"
    say "downloading Debian's source package (24 MB) into $src"
    (
        cd "$get"
        "$packages/apt-private.sh" "$suite" source update
        "$packages/apt-private.sh" "$suite" source apt-get --download-only source qemu
    ) >"$src/log" 2>&1 ||
        { tail -n 15 "$src/log" >&2; die "download failed; see $src/log"; }
    orig_is_good "$get/$orig" ||
        die "$get/$orig is not the file this build is made for"
    mv -f "$get"/*.tar.xz "$src/"
    mv -f "$get"/*.dsc "$src/"
    rm -rf "$get"
}

unpack() {
    local dsc
    dsc=$(printf '%s\n' "$src"/qemu_7.2+dfsg-*.dsc | sort -V | tail -n 1)
    say "unpacking $(basename "$dsc")"
    rm -rf "$tree"
    mkdir -p "$tree"
    dpkg-source --no-check --no-copy -x "$dsc" "$tree/src" >"$log" 2>&1 || failed
}

# --- patches and new files ------------------------------------------------------

patched_files() { patches | xargs -r -d '\n' cat | sed -n 's,^+++ b/\([^\t ]*\).*,\1,p' | sort -u; }

# Copies only what differs, so that a reused tree is rebuilt in part.
put() { cmp -s "$1" "$2" || { mkdir -p "$(dirname "$2")"; cp "$1" "$2"; }; }

# Each patched file is made anew from the original, which is kept beside the
# tree: a reused tree ends up as a fresh one would.
apply_patches() {
    local stage=$tree/stage f p
    rm -rf "$stage"
    mkdir -p "$stage" "$tree/original"
    while read -r f; do
        put_original "$f"
        mkdir -p "$stage/$(dirname "$f")"
        cp "$tree/original/$f" "$stage/$f"
    done < <(patched_files)
    while read -r p; do
        patch -s -d "$stage" -p1 -F0 <"$p" >>"$log" 2>&1 ||
            { say "$(basename "$p") does not apply"; failed; }
    done < <(patches)
    # A file whose patch is gone returns to its original.
    while read -r f; do
        put "$tree/original/$f" "$tree/src/$f"
    done < <(comm -23 <(cd "$tree/original" && find . -type f | sed 's,^\./,,' | sort) <(patched_files))
    while read -r f; do
        put "$stage/$f" "$tree/src/$f"
    done < <(patched_files)
}

put_original() {
    [ -e "$tree/original/$1" ] || {
        mkdir -p "$tree/original/$(dirname "$1")"
        cp "$tree/src/$1" "$tree/original/$1"
    }
}

copy_new_files() {
    local f
    while read -r f; do
        put "$here/$f" "$tree/src/$f"
    done < <(our_files | grep -v '^patches/')
}

# --- build --------------------------------------------------------------------

failed() {
    tail -n 25 "$log" >&2
    die "build failed; the whole log: $log"
}

# A build directory knows its own path and does not survive a move.
configuration() { printf '%s %s\n' "$tree" "${configure_args[*]}"; }

configure() {
    say "configuring"
    rm -rf "$tree/build"
    mkdir -p "$tree/build"
    (cd "$tree/build" && "$tree/src/configure" "${configure_args[@]}") >>"$log" 2>&1 || failed
    configuration >"$tree/configured"
}

# A line now and then: one that rewrites itself on a terminal, else every 20 s.
progress() {
    local line step next=0
    while IFS= read -r line; do
        case $line in
        \[*/*\]*) step=${line%%]*}] ;;
        *) continue ;;
        esac
        if [ -t 1 ]; then
            printf '\rqemu: compiling %s ' "$step"
        elif [ "$SECONDS" -ge "$next" ]; then
            say "compiling $step"
            next=$((SECONDS + 20))
        fi
    done
    [ ! -t 1 ] || printf '\n'
}

compile() {
    ninja -C "$tree/build" -j "$jobs" "$program" 2>&1 | tee -a "$log" | progress || failed
}

# The notes of the objects that have counters. Those of the others tell of no file.
keep_notes() {
    rm -rf "$out/gcno"
    mkdir -p "$out/gcno"
    find "$tree/build" -name '*.gcno' -exec grep -qa seccells {} \; -exec cp -t "$out/gcno" {} +
}

install_binary() {
    local new=$out/.$program.$$
    cp "$tree/build/$program" "$new"
    cp "$tree/src/include/qemu/qemu-plugin.h" "$out/"
    [ "$variant" != coverage ] || keep_notes
    mv -f "$new" "$out/$program"
}

build() {
    fetch
    if [ ! -d "$tree/src" ] || [ "$reuse" = no ]; then
        unpack
    fi
    apply_patches
    copy_new_files
    [ "$out" = "$top/$(key)" ] || die "files in $here changed meanwhile; run this again"
    if [ "$(cat "$tree/configured" 2>/dev/null)" != "$(configuration)" ]; then
        configure
    fi
    compile
    install_binary
    [ "$reuse" = yes ] || rm -rf "$tree"
    say "built $out/$program"
}

# --- main ---------------------------------------------------------------------

action=build
variant=
reuse=no
jobs=$(nproc)
while [ $# -gt 0 ]; do
    case $1 in
    --path) action=path ;;
    --fetch) action=fetch ;;
    --variant) use_variant "${2:?--variant needs a name}"; shift ;;
    --reuse-tree) reuse=yes ;;
    --jobs) jobs=${2:?--jobs needs a number}; shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; die "unknown option $1" ;;
    esac
    shift
done

[ "$reuse" = no ] || tree=$reusable_tree
out=$top/$(key)
log=$out/build.log

if [ "$action" = path ]; then
    echo "$out/$program"
    exit 0
fi
if [ "$action" = build ] && [ -x "$out/$program" ]; then
    say "up to date: $out/$program"
    exit 0
fi

check_packages
mkdir -p "$top"
exec 9>"$top/lock"
flock -n 9 || { say "another build is running; waiting for it"; flock 9; }
out=$top/$(key)                 # the files may have changed while it waited
log=$out/build.log
mkdir -p "$out"
if [ "$action" = fetch ]; then
    fetch
elif [ ! -x "$out/$program" ]; then
    : >"$log"
    build
fi
