#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh - the checks of `make check` that read the source tree or a linked kernel.
#
#   BUILD=... test/checks/run.sh MODEL=KERNEL.map...
#
# Each check is one test. Then the checkers themselves are tested: selftest.sh feeds each of them a
# tree that it must complain about, and what compares programs with Linux gets results that must fail.

set -u

cd "$(dirname "$0")/../.." || exit 1
bad=0

check() {
    local name=$1 output
    shift
    if output=$("$@" 2>&1); then
        echo "ok - $name"
    else
        echo "not ok - $name"
        printf '%s\n' "$output"
        bad=1
    fi
}

echo "# group tree"
check every_include_follows_docs_layers tools/check-layers
check rooms_above_the_contract_name_no_memory_model tools/check-model-names
check every_source_says_its_licence tools/check-spdx
check c_is_formatted_as_clang_format_has_it tools/check-format
check every_system_call_is_in_the_document tools/check-syscalls
check every_rule_of_the_machine_has_a_test tools/check-rules
for pair in "$@"; do
    check "the_kernel_of_${pair%%=*}_holds_no_other_model" tools/check-one-model "${pair#*=}" "${pair%%=*}"
done

test/checks/selftest.sh || bad=1
test/lib/selftest.py || bad=1
exit $bad
