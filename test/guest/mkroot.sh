#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# mkroot.sh - lay out the image of one guest test: its program, its manifest, its files.
#
#   test/guest/mkroot.sh NAME PROGRAM ROOT
#
# A dynamic program gets its interpreter, where it names it, and the libraries that it and they need,
# where that interpreter looks: out of Debian's cross C library.

set -eu

name=$1 program=$2 root=$3
here=$(dirname "$0")
sysroot=/usr/riscv64-linux-gnu/lib

umask 022
rm -rf "$root"
mkdir -p "$root/bin" "$root/etc" "$root/tmp" "$root/dev" "$root/.cella"
cp "$program" "$root/bin/$name"

needed_by() { riscv64-linux-gnu-readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }

# add_libraries FILE: what FILE needs, and what that needs.
add_libraries() {
    for library in $(needed_by "$1"); do
        [ ! -e "$root/lib/riscv64-linux-gnu/$library" ] || continue
        [ ! -e "$root/lib/$library" ] || continue # the interpreter
        mkdir -p "$root/lib/riscv64-linux-gnu"
        cp -L "$sysroot/$library" "$root/lib/riscv64-linux-gnu/$library"
        add_libraries "$sysroot/$library"
    done
}

interpreter=$(riscv64-linux-gnu-readelf -l "$program" | sed -n 's/.*interpreter: \(.*\)\]/\1/p')
if [ -n "$interpreter" ]; then
    mkdir -p "$root$(dirname "$interpreter")"
    cp -L "$sysroot/$(basename "$interpreter")" "$root$interpreter"
    add_libraries "$program"
fi

if [ -d "$here/$name.root" ]; then
    cp -R "$here/$name.root/." "$root/"
fi
if [ -e "$here/$name.manifest.json" ]; then
    cp "$here/$name.manifest.json" "$root/.cella/manifest.json"
else
    printf '{ "Program": "/bin/%s", "Args": ["%s"] }\n' "$name" "$name" >"$root/.cella/manifest.json"
fi
chmod -R u=rwX,go=rX "$root"
chmod 1777 "$root/tmp"
