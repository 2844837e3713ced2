# SPDX-License-Identifier: Apache-2.0
"""A.6.1, A.11: the monitor's x/i (and so -d in_asm, by the same disassembler) names each of our
instructions with its operands, and all else as QEMU always did: words of our opcodes that are no
instruction, the extension off, and the last two bytes that can be read."""

import re

from qemu import Machine, equal

# lib/words.S
WORDS = [
    "jals zero,16", "jals t3,20", "jals a0,-4", "jalrs ra,a1,a2", "entry", "inval a0", "reval a0,a1",
    "prot a0,a1", "grant a0,a1,2", "grant t6,t5,-1", "tfer a0,a1,6", "recv a0,a1,6", "excl a0,a1,a2",
]


def listing(machine, address, count):
    """[(address, text)] as the monitor shows them; runs of blanks are one."""
    lines = machine.monitor("x /%di %#x" % (count, address)).strip().split("\n")
    parts = [re.match(r"(0x[0-9a-f]+): +([0-9a-f]+) +(.*)$", line) for line in lines]
    assert all(parts), lines
    return [(int(part[1], 16), " ".join(part[3].split())) for part in parts]


with Machine("views_guest") as machine:
    facts = machine.read_facts()  # it waits in M, where addresses are physical
    words = facts["words"]
    found = listing(machine, words, len(WORDS))
    equal("instructions", [text.split(" # ")[0] for _, text in found], WORDS)
    equal("addresses", [at for at, _ in found], [words + 4 * n for n in range(len(WORDS))])
    targets = [int(text.split(" # ")[1], 16) for _, text in found[:3]]
    equal("targets", targets, [words + 16, words + 4 + 20, words + 8 - 4])
    equal("not ours", [text for _, text in listing(machine, facts["other_words"], 2)], ["illegal", "ret"])

    machine.send("s")
    while machine.peek(0x10000) is None:
        pass
    equal("the end of a cell", listing(machine, 0x30ffe, 1), [(0x30ffe, "illegal")])
    machine.send(".")
    machine.finish()

with Machine("views_guest", ["-cpu", "rv64,h=off", "-S"]) as machine:
    texts = [text for _, text in listing(machine, words, len(WORDS))]
    equal("without the extension", set(texts), {"illegal"})
