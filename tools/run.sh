#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh - boot an image and exit with the program's own status (128 + signal if one killed it).
#
#   tools/run.sh [-p PLATFORM] [-m MEMORY] [-a BOOT-ARGUMENTS] [-b | -c FILE] IMAGE [QEMU-OPTION...]
#
#   -p   riscv64-cells (default) or riscv64-virt; built before with make
#   -m   memory, as QEMU has it; else RunConfig.Memory of the image's manifest, else 128m
#   -a   the kernel's boot arguments, for example: 'verbose manifest=/.cella/other.json'
#   -b   batch: no terminal, standard input empty; the console goes to standard output
#   -c   the console goes to FILE, and standard input and output are left alone
#
# On a terminal every key goes to the program, Ctrl-C too; Ctrl-A x ends the emulator. The image is
# written to. The status is QEMU's exit status, which the kernel sets through the machine's test
# finisher. `make run` prints it and fails if it is not 0; make itself can only exit with 2.

set -eu

PATH=$PATH:/usr/sbin:/sbin
BUILD=${BUILD:-build}
platform=riscv64-cells memory='' arguments='' batch=no console=''

die() { printf 'run: %s\n' "$*" >&2; exit 2; }

while getopts p:m:a:bc: option; do
    case $option in
    p) platform=$OPTARG ;;
    m) memory=$OPTARG ;;
    a) arguments=$OPTARG ;;
    b) batch=yes ;;
    c) console=$OPTARG ;;
    *) sed -n '6s/^# *//p' "$0" >&2; exit 2 ;;
    esac
done
shift $((OPTIND - 1))
[ $# -ge 1 ] || die "which image?"
image=$1
shift

conf=$BUILD/$platform/run.conf
[ -r "$conf" ] || die "there is no $conf; run: make PLATFORM=$platform kernel"
# Sets kernel, firmware, machine, cpu, emulator.
# shellcheck source=/dev/null
. "$conf"
[ -r "$image" ] || die "no such image: $image"
QEMU=${QEMU:-$emulator}

# The manifest that the kernel will read: of several arguments manifest=PATH the last one.
manifest_path() {
    path=/.cella/manifest.json
    set -f
    for argument in $arguments; do
        case $argument in manifest=?*) path=${argument#manifest=} ;; esac
    done
    printf '%s' "$path"
}

# The last RunConfig.Memory in that manifest, if it has one.
manifest_memory() {
    debugfs -R "cat \"$(manifest_path)\"" "$image" 2>/dev/null | tr -d '\n' |
        sed -n 's/.*"RunConfig"[^}]*"Memory"[ \t]*:[ \t]*"\([0-9]\{1,\}[kKmMgG]\{0,1\}\)".*/\1/p'
}
[ -n "$memory" ] || memory=$(manifest_memory)

# A comma in a file name is doubled for QEMU.
drive=$(printf '%s' "$image" | sed 's/,/,,/g')

# shellcheck disable=SC2154  # set in run.conf
set -- -M "$machine" -cpu "$cpu" -m "${memory:-128m}" -bios "$firmware" -kernel "$kernel" \
    -global virtio-mmio.force-legacy=false \
    -drive "file=$drive,format=raw,if=none,id=hd0" -device virtio-blk-device,drive=hd0 \
    -device virtio-rng-device -nic none -no-reboot ${arguments:+-append "$arguments"} "$@"

if [ -n "$console" ]; then
    exec "$QEMU" -display none -monitor none -serial "file:$console" "$@"
fi
if [ $batch = yes ]; then
    exec "$QEMU" -display none -monitor none -serial stdio "$@" </dev/null
fi
exec "$QEMU" -nographic "$@"
