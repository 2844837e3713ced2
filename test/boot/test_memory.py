# SPDX-License-Identifier: Apache-2.0
"""What programs of test/guest leave behind in memory, by the kernel's own statistics (boot argument
memstats)."""

import re
import shutil

from harness import BUILD, claim, test

# What the programs have mapped beside what the tests are about: segments, heap, stack.
USUAL_RANGES = 24


def statistics(boot):
    """{name: number} of the lines that begin with "memory: "."""
    return {name: int(number) for line in boot.kernel if line.startswith("memory: ")
            for name, number in re.findall(r"(\w+)=(\d+)\b(?!,)", line)}


def guest(t, name, memory):
    boot = t.boot(t.image(lambda path: shutil.copy(BUILD / f"test/guest/{name}.img", path)), memory=memory,
                  arguments="memstats")
    boot.calm()
    boot.ended(0)
    numbers = statistics(boot)
    claim(numbers, "there are no statistics")
    return numbers


@test
def a_large_area_in_fragmented_memory_comes_in_one_piece(t):
    numbers = guest(t, "mem_fragment", "64m")
    claim(numbers["compactions"] > 0 and numbers["frames_moved"] > 0, "nothing was moved")
    if t.platform == "riscv64-cells":
        claim(numbers["ranges"] <= USUAL_RANGES, f"{numbers['ranges']} ranges")
