#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh - compare the emulator with the golden model and print TAP-like lines.
#
#   run.sh -q QEMU -e ELF [-c ELF_WITHOUT_C] [-f FIRST] [-n SEEDS] [-s STEPS] [-p SEEDS_PER_BOOT]
#
# Seeds FIRST (1) to FIRST + SEEDS - 1 (of 800) are run, STEPS (100) steps of each, one boot and one
# test for SEEDS_PER_BOOT (100) of them; every eighth boot selects the table by satp.MODE 15, and every
# eighth is of a CPU without compressed instructions, if there is an image for it. A failure names
# its seed: run.sh ... -f SEED -n 1 repeats it, with -m 15 if its line says so, and with -e for -c. The
# comparison ends in itself what hangs; the limit here is for what is worse.
set -u

qemu= elf= without_c= first=1 seeds=800 steps=100 boot=100 mode=

usage()
{
    echo "usage: $0 -q QEMU -e ELF [-c ELF_WITHOUT_C] [-f FIRST] [-n SEEDS] [-s STEPS] [-p SEEDS_PER_BOOT] [-m MODE]" >&2
    exit 2
}

while getopts q:e:c:f:n:s:p:m: opt; do
    case $opt in
    q) qemu=$OPTARG ;;
    e) elf=$OPTARG ;;
    c) without_c=$OPTARG ;;
    f) first=$OPTARG ;;
    n) seeds=$OPTARG ;;
    s) steps=$OPTARG ;;
    p) boot=$OPTARG ;;
    m) mode=$OPTARG ;;
    *) usage ;;
    esac
done
[ -n "$qemu" ] && [ -n "$elf" ] || usage

output=$(mktemp "${TMPDIR:-/tmp}/cella-model.XXXXXX")
trap 'rm -f "$output"' EXIT
bad=0 last=$((first + seeds)) all_seeds=0 all_steps=0

while [ "$first" -lt $last ]; do
    count=$((last - first < boot ? last - first : boot))
    this=${mode:-$((first / boot % 8 == 7 ? 15 : 14))}
    name="seeds $first to $((first + count - 1)), satp.MODE $this"
    image=$elf cpu="rv64,h=off,seccells=on,seccells-mode=$this"
    if [ -n "$without_c" ] && [ $((first / boot % 8)) -eq 3 ]; then
        image=$without_c cpu=$cpu,c=off name="$name, without C"
    fi
    echo "$first $count $steps" | timeout -k 2 300 "$qemu" -M virt -bios none -display none \
        -monitor none -serial stdio -cpu "$cpu" \
        -kernel "$image" >"$output" 2>&1
    status=$?
    if [ $status -eq 0 ]; then
        echo "ok - $name"
    else
        echo "not ok - $name"
        bad=1
        echo "exit status $status"
    fi
    tr -d '\r' <"$output"
    # "# 100 seeds, 10000 steps, ...": none if it failed.
    all_seeds=$((all_seeds + $(awk '$1 == "#" && $3 == "seeds," { n = $2 } END { print n + 0 }' "$output")))
    all_steps=$((all_steps + $(awk '$1 == "#" && $3 == "seeds," { n = $4 } END { print n + 0 }' "$output")))
    first=$((first + count))
done
echo "# total $all_seeds random tables and programs, $all_steps steps compared with the model"
exit $bad
