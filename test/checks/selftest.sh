#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# selftest.sh - every checker must be able to fail. Each test makes a small tree that breaks one
# rule and expects the checker to say so in the expected words, and to accept the tree without it.

set -u

root=$(cd "$(dirname "$0")/../.." && pwd)
bad=0
tree=

new_tree() {
    tree=$(mktemp -d "${TMPDIR:-/tmp}/cella-selftest.XXXXXX")
    mkdir -p "$tree"/src/{lib,machine,kernel,fs,riscv64-cells} "$tree"/docs "$tree"/platform/toy
    cp "$root/docs/layers" "$tree/docs/layers"
    cp "$root/.clang-format" "$tree/"
    echo ' .text 0x0 0x10 build/p/obj/src/riscv64-cells/pmap.o' >"$tree/kernel.map"
    put src/lib/a.h '#include <stdint.h>'
    put src/machine/b.h '#include "lib/a.h"'
    put src/kernel/c.h '#include "machine/b.h"'
    put src/kernel/c.c '#include "kernel/c.h"'
    put platform/toy/boot.c '#include "kernel/c.h"'
    mkdir -p "$tree"/test/machine/{tests,stress,monitor}
    echo '- **A.5.7** D.valid = 0: page fault.' >"$tree/docs/securecells.md"
    echo '## What is not tested' >"$tree/test/machine/README.md"
    put test/machine/tests/a.c '/* A.5.7 */'
    put src/unix/syscall_list.h 'SYSCALL(3, one, A_INT)' 'SYSCALL(5, two)' \
        'SYSCALL_ABSENT(6, three)' 'SYSCALL_DENIED(7, EPERM, four, A_FD)'
    printf '%s\n' '**2 implemented** (1 complete, 1 partial), 1 refused, 1 absent.' \
        '| 3 | one | complete | |' '| 5 | two | partial | a part |' '| 6 | three | absent | |' \
        '| 7 | four | refused | EPERM |' >"$tree/docs/syscalls.md"
}

# put FILE LINE...: write it, with a licence line.
put() {
    local file=$tree/$1
    shift
    mkdir -p "$(dirname "$file")"
    printf '%s\n' '/* SPDX-License-Identifier: Apache-2.0 */' "$@" >"$file"
}

# expect NAME WORDS COMMAND...: the command accepts the tree as it is; after `broken` ran on the tree, it
# fails and its output holds WORDS.
expect() {
    local name=$1 words=$2 output
    shift 2
    new_tree
    if ! output=$("$@" "$tree" 2>&1); then
        result 1 "$name" "complains about a tree that breaks no rule: $output"
    elif broken && output=$("$@" "$tree" 2>&1); then
        result 1 "$name" "accepts the violation"
    elif ! grep -qF -- "$words" <<<"$output"; then
        result 1 "$name" "does not say \"$words\" but: $output"
    else
        result 0 "$name"
    fi
    rm -rf "$tree"
}

result() {
    if [ "$1" -eq 0 ]; then
        echo "ok - $2"
    else
        echo "not ok - $2"
        echo "$3"
        bad=1
    fi
}

echo "# group checkers"

broken() { put src/machine/b.h '' '#include "kernel/c.h"'; }
expect layers_refuses_an_include_from_above \
    'src/machine/b.h:3: room machine may not include room kernel' "$root/tools/check-layers"

broken() { put src/riscv64-cells/d.c '#include "kernel/c.h"'; }
expect layers_keeps_kernel_and_model_apart \
    'room riscv64-cells may not include room kernel' "$root/tools/check-layers"

broken() { put src/kernel/c.c '#include "c.h"'; }
expect layers_refuses_an_include_without_room 'names no room' "$root/tools/check-layers"

broken() { put src/kernel/c.c '#include "../lib/a.h"'; }
expect layers_refuses_a_relative_include 'relative' "$root/tools/check-layers"

broken() { put src/kernel/c.c '#include "kernel/../lib/a.h"'; }
expect layers_refuses_a_path_that_leaves_its_room 'relative' "$root/tools/check-layers"

broken() { put src/kernel/c.c '#include "attic/a.h"'; }
expect layers_refuses_an_unknown_room 'unknown room attic' "$root/tools/check-layers"

broken() { put src/attic/a.c 'int a;'; }
expect layers_refuses_a_file_in_no_room 'src/attic/a.c: is in no room' "$root/tools/check-layers"

broken() { put src/kernel/c.c '#include "lib/missing.h"'; }
expect layers_refuses_a_missing_header 'no such file' "$root/tools/check-layers"

broken() { put src/kernel/c.c '#  include <stdio.h>'; }
expect layers_refuses_an_unlisted_system_header '<stdio.h> is not listed' "$root/tools/check-layers"

broken() { put src/kernel/c.c '#include HEADER'; }
expect layers_refuses_a_computed_include 'not a macro' "$root/tools/check-layers"

broken() { sed -i 's/^lib .*/& kernel/' "$tree/docs/layers"; }
expect layers_refuses_a_list_out_of_order \
    'room lib may not include kernel, which is not below it' "$root/tools/check-layers"

broken() { put src/fs/e.c '/* flush the SecCells table */'; }
expect model_names_finds_one_in_a_comment 'src/fs/e.c:2' "$root/tools/check-model-names"

broken() { put test/machine/tests/a.c '/* A.5 */'; }
expect rules_wants_a_test_for_each 'no test cites A.5.7' "$root/tools/check-rules"

broken() { put test/machine/stress/b.c '/* A.5.99 */'; }
expect rules_refuses_a_number_that_is_none 'b.c: cites A.5.99, which is no rule' "$root/tools/check-rules"

in_document() { sed -i "$1" "$tree/docs/syscalls.md"; }

broken() { in_document '/^| 5 /d'; }
expect syscalls_wants_a_row_for_each 'two (5): not exactly one row' "$root/tools/check-syscalls"

broken() { in_document 's/absent | |/complete | |/'; }
expect syscalls_refuses_a_state_that_is_not_so 'three: is absent' "$root/tools/check-syscalls"

broken() { in_document 's/ a part//'; }
expect syscalls_wants_to_know_what_is_missing 'two: partial' "$root/tools/check-syscalls"

broken() { in_document 's/EPERM/EACCES/'; }
expect syscalls_wants_the_error_of_a_refusal 'four: gives EPERM' "$root/tools/check-syscalls"

broken() { in_document 's/2 implemented/3 implemented/'; }
expect syscalls_counts 'the counts are: **2 implemented**' "$root/tools/check-syscalls"

broken() { echo 'int x;' >"$tree/src/kernel/x.c"; }
expect spdx_refuses_a_source_without_licence 'src/kernel/x.c' "$root/tools/check-spdx"

broken() { printf '#!/bin/sh\n' >"$tree/script"; }
expect spdx_refuses_a_script_without_licence 'script' "$root/tools/check-spdx"

broken() { put qemu/x.c; }
expect spdx_wants_the_emulator_under_its_own_licence \
    'should be GPL-2.0-or-later' "$root/tools/check-spdx"

broken() { put src/kernel/x.c 'int  x ;'; }
expect format_refuses_unformatted_c 'src/kernel/x.c' "$root/tools/check-format"

one_model() { "$root/tools/check-one-model" "$1/kernel.map" riscv64-cells; }

broken() { echo ' .text 0x0 0x10 build/p/obj/src/riscv64-sv48/radix.o' >>"$tree/kernel.map"; }
expect one_model_finds_an_object_of_another 'holds objects of riscv64-sv48' one_model

broken() { : >"$tree/kernel.map"; }
expect one_model_wants_the_model_itself 'no object of riscv64-cells' one_model

# The runner of all suites must notice what goes wrong in them.
# runner NAME STATUS LAST-LINE COMMAND: what test/run.sh makes of a suite that is COMMAND.
runner() {
    local name=$1 want_status=$2 want_line=$3 output status
    output=$("$root/test/run.sh" "suite=$4" 2>&1)
    status=$?
    if [ "$status" -eq "$want_status" ] && [ "$(tail -n 1 <<<"$output")" = "$want_line" ]; then
        result 0 "$name"
    else
        result 1 "$name" "exit status $status, output: $output"
    fi
}

echo "# group runner"
runner runner_adds_up_passes_and_skips 0 '2 passed, 0 failed, 1 skipped' \
    'echo ok 1 - a; echo "not ok 2 # SKIP b"; echo ok 3 - c'
runner runner_takes_a_total_for_no_test 0 '1 passed, 0 failed' 'echo ok - a; echo "# total 5 steps"'
runner runner_fails_for_a_failed_test 1 '1 passed, 1 failed' 'echo ok - a; echo not ok - b; exit 1'
runner runner_fails_when_a_failed_test_hides_behind_status_0 1 '1 passed, 1 failed' \
    'echo ok - a; echo not ok - b'
runner runner_fails_for_a_suite_that_dies 1 '1 passed, 1 failed' 'echo ok - a; kill -9 $$'
runner runner_fails_for_a_suite_that_runs_nothing 1 '0 passed, 1 failed' 'true'
TEST_SUITE_LIMIT=1 runner runner_ends_and_fails_a_suite_that_hangs 1 '1 passed, 1 failed' \
    'echo ok - a; exec sleep 600'

# cmocka_program NAME VERDICT SCRIPT: what test/host/run.sh says of a test program that is SCRIPT.
cmocka_program() {
    local name=$1 verdict=$2 program output
    program=$(mktemp "${TMPDIR:-/tmp}/cella-program.XXXXXX")
    printf '#!/bin/sh\n%s\n' "$3" >"$program"
    chmod +x "$program"
    if output=$("$root/test/host/run.sh" "$program" 2>&1); then
        result 1 "$name" "accepted: $output"
    elif ! grep -q "^not ok .*$verdict" <<<"$output"; then
        result 1 "$name" "does not say \"$verdict\" but: $output"
    else
        result 0 "$name"
    fi
    rm -f "$program"
}
cmocka_program host_runner_notices_a_test_program_that_stops_early 'stopped after 1 of 2' \
    'echo 1..2; echo ok 1 - a'
cmocka_program host_runner_notices_an_error_outside_of_tests 'fails outside of its tests' \
    'echo 1..1; echo ok 1 - a; exit 23'
cmocka_program host_runner_notices_a_test_program_without_tests 'runs no test' true

# console NAME INPUT EXPECTED: what test/guest/program-output makes of a console, both as printf has them.
console() {
    local got want
    # shellcheck disable=SC2059
    got=$(printf "$2" | "$root/test/guest/program-output"; echo .)
    # shellcheck disable=SC2059
    want=$(printf "$3"; echo .)
    if [ "$got" = "$want" ]; then
        result 0 "$1"
    else
        result 1 "$1" "got: $got"
    fi
}

echo "# group console"
console console_drops_the_firmware \
    'OpenSBI\r\nBoot HART ID : 0\r\nBoot HART MEDELEG : 0xb109\r\nhello\n' 'hello\n'
console console_drops_the_kernels_lines_and_nothing_around_them \
    '[cella] a\nhel[cella] b\nlo\n[cella] c\n\nend' 'hello\n\nend'
console console_keeps_spaces_and_missing_line_breaks ' a \n\n b' ' a \n\n b'

# Which of the system's archives are Debian's, in both of apt's forms.
echo "# group archives"
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")

# archives NAME EXPECTED: what apt-private.sh finds in $etc.
archives() {
    local got
    got=$(CELLA_APT_ETC=$etc CACHE=$etc/cache "$root/tools/packages/apt-private.sh" trixie riscv64 entries)
    if [ "$got" = "$2" ]; then
        result 0 "$1"
    else
        result 1 "$1" "got: $got"
    fi
    rm -rf "$etc"
}

new_etc() {
    etc=$(mktemp -d "${TMPDIR:-/tmp}/cella-selftest.XXXXXX")
    mkdir -p "$etc/sources.list.d"
}

new_etc
cat >"$etc/sources.list.d/debian.sources" <<EOF
# Types: deb
Types: deb deb-src
URIs: mirror://one.example/debian/
Suites: $codename $codename-updates
Components: main contrib
Signed-By: /usr/share/keyrings/a.gpg

Types: deb
URIs: mirror://two.example/debian-security
Suites: $codename-security
Components: main

Types: deb
URIs: mirror://three.example/debian
Suites: $codename
Components: main
Enabled: no
EOF
archives archives_reads_deb822 'mirror://one.example/debian/ /usr/share/keyrings/a.gpg'

new_etc
cat >"$etc/sources.list" <<EOF
# deb mirror://zero.example/debian $codename main
deb cdrom:[Debian]/ $codename main
deb [arch=amd64 signed-by=/k.gpg] mirror://one.example/debian $codename main non-free-firmware
deb mirror://two.example/debian-security $codename-security main
EOF
archives archives_reads_one_line_entries 'mirror://one.example/debian /k.gpg'

new_etc
printf 'deb mirror://tool.example/apt %s main\n' "$codename" >"$etc/sources.list.d/a.list"
printf 'deb mirror://tool.example/apt %s stable\n' "$codename" >"$etc/sources.list.d/b.list"
printf 'deb mirror://one.example/debian %s main\n' "$codename" >"$etc/sources.list"
archives archives_tries_debians_before_others "mirror://one.example/debian -
mirror://tool.example/apt -"

exit $bad
