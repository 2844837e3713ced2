#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh - run the proofs and pass their test results on.
#
#   test/proof/run.sh [--long] FOLDER      FOLDER holds the programs
#
# --long: with the full bounds, every order of the editor's operations in every run where that ends, every
# fence left out in turn, and bounded model checking. That is an hour of work and some gigabytes of memory.

set -u

long=no
[ "$1" != --long ] || { long=yes; shift; }
folder=$1
here=$(dirname "$0")
scratch=$(mktemp -d "${TMPDIR:-/tmp}/cella-proof.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
bad=0

# The two halves at the same time, then what both say.
in_halves() {
    name=$1
    shift
    "$folder/protocol" "$@" --even >"$scratch/even" 2>&1 &
    "$folder/protocol" "$@" --odd >"$scratch/odd" 2>&1 || bad=1
    wait $! || bad=1
    echo "# group $name"
    cat "$scratch/even" "$scratch/odd"
}

if [ $long = yes ]; then
    in_halves full --full
    in_halves any-order --any-order
    in_halves fences --fences
    "$here/cbmc/run.sh" "$scratch/changed" || bad=1
else
    in_halves orders --orders
fi
echo '# group faults'
"$folder/protocol" --naive --faults || bad=1
"$folder/litmus" || bad=1
"$here/../host/run.sh" "$folder/conform" || bad=1
exit $bad
