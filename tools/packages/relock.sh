#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# relock.sh - bring lock files up to what the archive has today.
#
#   tools/packages/relock.sh LOCK [NAME...]
#
# Renews the lines of the packages NAME, or every line, and keeps comments and order. To lock a new
# package, add a line `NAME - - SUITE TYPE` first. LOCK is replaced whole or not at all. The format
# is in fetch.sh.

set -eu

here=$(dirname "$0")

[ $# -ge 1 ] || { sed -n '6s/^# *//p' "$0" >&2; exit 2; }
lock=$1
shift
wanted=" $* "
new=$lock.new
trap 'rm -f "$new"' EXIT

while IFS= read -r line; do
    name=$(printf '%s\n' "$line" | sed 's/#.*//' | awk '{ print $1 }')
    case $wanted in
    '  ' | *" $name "*) [ -z "$name" ] || line=$("$here/fetch.sh" --relock "$lock" "$name") ;;
    esac
    printf '%s\n' "$line"
done <"$lock" >"$new"

for name; do
    grep -q "^$name " "$new" || { echo "relock: $lock has no line for $name" >&2; exit 1; }
done
mv "$new" "$lock"
