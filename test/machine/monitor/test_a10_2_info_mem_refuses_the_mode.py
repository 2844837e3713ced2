# SPDX-License-Identifier: Apache-2.0
"""A.10.2: `info mem`, which knows radix tables only, refuses in this mode, and QEMU lives on."""

from qemu import Machine, equal

with Machine("views_guest") as machine:
    machine.read_facts()
    answer = machine.monitor("info mem")
    assert answer.strip() and "vaddr" not in answer, "expected a refusal, got %r" % answer
    assert "VM status: running" in machine.monitor("info status")
    machine.send("s.")
    machine.finish()
