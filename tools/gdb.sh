#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# gdb.sh - boot an image stopped at its first instruction, and debug the kernel, in one terminal.
#
#   tools/gdb.sh [RUN-OPTION...] IMAGE       options and image as for tools/run.sh
#
# gdb starts the emulator itself and ends it when it is left. The machine's console goes to a file,
# named at the start. Scripts in tools/gdb/, if there are any, are loaded.

set -eu

BUILD=${BUILD:-build}
here=$(dirname "$0")
platform=riscv64-cells
previous=''
for word in "$@"; do
    [ "$previous" != -p ] || platform=$word
    previous=$word
done
# shellcheck source=/dev/null
. "$BUILD/$platform/run.conf"
console=$BUILD/$platform/gdb.console

# The words as one line for gdb, which has a shell split it again.
quoted() {
    for word in "$@"; do
        printf " '%s'" "$(printf %s "$word" | sed "s/'/'\\\\''/g")"
    done
}
emulator_command="exec$(quoted "$here/run.sh" -c "$console" "$@" -S -gdb stdio)"

set --
for script in "$here"/gdb/*.py "$here"/gdb/*.gdb; do
    [ ! -e "$script" ] || set -- "$@" -x "$script"
done
echo "console: $console"
# shellcheck disable=SC2154  # kernel: from run.conf
exec gdb-multiarch -q -ex 'set confirm off' -ex "file $kernel" \
    -ex "target remote | $emulator_command" -ex 'hbreak kmain' "$@"
