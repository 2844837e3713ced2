#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# mkroot.sh - lay out the image of one guest test: its program, its manifest, its files.
#
#   test/guest/mkroot.sh NAME PROGRAM ROOT

set -eu

name=$1 program=$2 root=$3
here=$(dirname "$0")

umask 022
rm -rf "$root"
mkdir -p "$root/bin" "$root/etc" "$root/tmp" "$root/dev" "$root/.cella"
cp "$program" "$root/bin/$name"
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
