#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# musl.sh - lay out musl, the C library that static position-independent programs are linked with.
# (Debian 12's cross C library lacks the start file for them.)
#
#   test/guest/musl.sh DIR       makes DIR/include and DIR/lib
#
# The linker of Debian 12 crashes on relocations in the debugging sections of newer objects, so these
# sections are taken out.

set -eu

dir=$1
packages=$(dirname "$0")/../../tools/packages
deb=$("$packages/fetch.sh" "$packages/guest.lock" musl-dev)

rm -rf "$dir"
mkdir -p "$dir.unpacked"
dpkg-deb -x "$deb" "$dir.unpacked"
mkdir -p "$dir"
mv "$dir.unpacked/usr/include/riscv64-linux-musl" "$dir/include"
mv "$dir.unpacked/usr/lib/riscv64-linux-musl" "$dir/lib"
rm -rf "$dir.unpacked"
for file in "$dir"/lib/*.[oa]; do
    riscv64-linux-gnu-strip -g "$file"
done
