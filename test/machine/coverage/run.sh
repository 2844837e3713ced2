#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh - run the machine tests and the comparison with the model on an emulator that counts the
# branches of its own files, and print a TAP-like line for each of these files.
#
#   run.sh -q QEMU -b BUILD -e ELF [-n SEEDS] [-j JOBS] [-o REPORT]
#
# QEMU is what `qemu/build.sh --variant coverage` makes, BUILD the folder of machine.mk, ELF the
# comparison, with SEEDS (400) of its seeds. A file fails if a line or a branch of it was not taken
# and is not in untaken.list; a test that fails is reported, too. REPORT gets the figures as a table.
set -u

here=$(cd "$(dirname "$0")" && pwd)
qemu='' build='' elf='' seeds=400 jobs=2 report=/dev/null

usage()
{
    echo "usage: $0 -q QEMU -b BUILD -e ELF [-n SEEDS] [-j JOBS] [-o REPORT]" >&2
    exit 2
}

while getopts q:b:e:n:j:o: opt; do
    case $opt in
    q) qemu=$OPTARG ;;
    b) build=$OPTARG ;;
    e) elf=$OPTARG ;;
    n) seeds=$OPTARG ;;
    j) jobs=$OPTARG ;;
    o) report=$OPTARG ;;
    *) usage ;;
    esac
done
if [ -z "$qemu" ] || [ -z "$build" ] || [ -z "$elf" ]; then
    usage
fi

# The emulators that run at the same time add to the same files, which libgcov locks.
counts=$build/coverage
rm -rf "$counts"
mkdir -p "$counts"
export GCOV_PREFIX="$counts"

# The emulator is slower than usual, hence the longer limit.
{
    "$here/../run.sh" -q "$qemu" -b "$build" -j "$jobs" -t 180
    "$here/../../model/run.sh" -q "$qemu" -e "$elf" -n "$seeds"
} >"$counts/log" 2>&1
bad=0
if grep '^not ok' "$counts/log"; then
    bad=1
    grep -A 5 '^not ok' "$counts/log"
elif ! grep -q '^ok' "$counts/log"; then
    bad=1
    tail "$counts/log"
fi

"$here/report.py" --notes "$(dirname "$qemu")/gcno" --counts "$counts" \
    --sources "$here/../../../qemu" --untaken "$here/untaken.list" --table "$report" || bad=1
exit $bad
