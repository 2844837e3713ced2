#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# mkroot-default.sh - lay out the default image's folder: Debian's static BusyBox for riscv64, as it
# is, and the few files of tools/image/default.
#
#   tools/image/mkroot-default.sh ROOT

set -eu

root=$1
here=$(dirname "$0")
deb=$("$here/../packages/fetch.sh" "$here/../packages/image.lock" busybox-static)

umask 022
rm -rf "$root"
mkdir -p "$root/usr/bin" "$root/.cella" "$root/root" "$root/tmp" "$root/dev" "$root/proc"
dpkg-deb --fsys-tarfile "$deb" | tar -xO ./usr/bin/busybox >"$root/usr/bin/busybox"
chmod 755 "$root/usr/bin/busybox"
ln -s usr/bin "$root/bin"
for applet in cat echo ls sh true false head wc; do
    ln -s busybox "$root/usr/bin/$applet"
done
cp -R "$here/default/etc" "$root/etc"
cp "$here/default/manifest.json" "$root/.cella/manifest.json"
chmod -R u=rwX,go=rX "$root/etc" "$root/.cella"
chmod 1777 "$root/tmp"
