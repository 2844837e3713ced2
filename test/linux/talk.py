# SPDX-License-Identifier: Apache-2.0
"""What is typed at Linux's shell, and what must come of it.

Each step is a command and what it prints: a text, a pattern, or None where only the comparison with the
unpatched emulator judges. The texts are computed here, not recorded: an emulator that computes wrong cannot
have said what is right. Nothing that is printed may depend on time or chance.
"""

import hashlib
import re


def digest(data, name="-"):
    return f"{hashlib.sha256(data).hexdigest()}  {name}\n"


# A file that machine.py puts into the root: numbers in no order. What the applets that make lines
# print themselves is slow, a system call for each line.
COUNT = 3000
NUMBERS = "".join(f"{i * 7919 % COUNT}\n" for i in range(COUNT)).encode()
SORTED = "".join(f"{i}\n" for i in range(COUNT)).encode()
SQUARES = "".join(f"{i * i} {i / 7:.6f}\n" for i in range(1, 301)).encode()


def who(config):
    """The machine as Linux sees it: the mode of translation is the one that was asked for, and nothing
    in the device tree tells the emulators from one another."""
    return [
        ("uname -srm", re.compile(r"Linux 6\.\S+ riscv64\n")),
        ("cat /proc/version", None),
        ("grep -v '^hart[[:blank:]]' /proc/cpuinfo",  # the number of the hart that started differs
         re.compile(rf"(?s)(processor\t.*?\nmmu\t+: {config.mmu}\n.*?){{{config.harts}}}")),
        ("nproc", f"{config.harts}\n"),
        ("tr -d '\\0' </proc/device-tree/cpus/cpu@0/mmu-type; echo", None),
        ("cd /proc/device-tree && find . -type f ! -name '*-seed' | sort | xargs sha256sum; cd /tmp", None),
        ("ls /sys/bus/pci/devices", None),
        ("mount", re.compile(r"(?s).*^proc on /proc type proc .*", re.MULTILINE)),
    ]


def data():
    """Patterns whose digests are known, through pipes, files and the page cache."""
    return [
        ("sha256sum </numbers", digest(NUMBERS)),
        ("dd if=/dev/zero bs=1M count=4 2>/dev/null | sha256sum", digest(bytes(4 << 20))),
        ("cat /numbers | tee numbers | sha256sum; sha256sum numbers", digest(NUMBERS) + digest(NUMBERS, "numbers")),
        ("gzip -c numbers | gunzip | cmp - numbers && echo same", "same\n"),
        ("sort -n numbers | sha256sum", digest(SORTED)),
        ("dd if=/dev/urandom of=a bs=64k count=4 2>/dev/null; cat a | tee b | cmp - a && cmp a b && echo same",
         "same\n"),
        ("awk 'BEGIN { for (i = 1; i <= 300; i++) printf \"%d %.6f\\n\", i * i, i / 7 }' | sha256sum",
         digest(SQUARES)),
        ("rm a b numbers; ls", ""),
    ]


def processes(config):
    """Address spaces that come and go by the hundred, some on every hart at once, and signals."""
    total = config.harts + 1
    return [
        ("i=0; while [ $i -lt 100 ]; do (exit $((i % 7))); [ $? = $((i % 7)) ] && i=$((i + 1)); done; echo $i", "100\n"),
        ("i=0; while [ $i -lt 30 ]; do /bin/busybox env true && i=$((i + 1)); done; echo $i", "30\n"),
        (f"(for i in $(seq {total}); do (gzip </numbers | gunzip | sort -n | sha256sum >$i) & done; wait); cat [1-9]",
         digest(SORTED) * total),
        ("for i in 1 2 3 4 5 6 7 8; do sh -c 'kill -SEGV $$'; echo $?; done 2>/dev/null | uniq -c", "      8 139\n"),
        ("x=$(cat /numbers); for i in 1 2 3 4 5; do (x=$x$x; echo ${#x}); done | uniq -c",
         f"      5 {2 * (len(NUMBERS) - 1)}\n"),
    ]


# How many claims vm/guest.c makes in each satp mode.
GUEST_CLAIMS = {0: 27, 8: 52, 9: 52, 10: 52}


def guest_says(mode):
    return rf"satp mode {mode}\n(ok .*\n){{{GUEST_CLAIMS[mode]}}}shut down\n"


def virtual_machines(config):
    """KVM: two-stage translation, one machine after the other and several at once."""
    if not config.virtual:
        return [("ls /dev/kvm 2>/dev/null", "")]
    return [
        ("dmesg | sed -n 's/.*kvm.*: using/using/p'", re.compile(r"using Sv\d+x4 G-stage page table format\n")),
        ("vm 0 8 9 10", re.compile("".join(guest_says(mode) for mode in GUEST_CLAIMS))),
        ("(for i in 8 9 10; do vm $i >vm$i & done; wait); cat vm8 vm9 vm10",
         re.compile("".join(guest_says(mode) for mode in (8, 9, 10)))),
    ]


def health():
    """Linux has complained of nothing."""
    return [("dmesg | grep -v 'ommand line' | grep -iE 'oops|bug:|warning:|call trace|unable to handle|rcu.*stall|unexpected'", "")]


def steps(config):
    return [*who(config), *data(), *processes(config), *virtual_machines(config), *health()]


def complaint(command, expected, output):
    """None, or what is wrong with what a command printed."""
    if expected is None or (expected.fullmatch(output) if isinstance(expected, re.Pattern) else expected == output):
        return None
    return f"{command}\nprinted\n{output[-1000:]}instead of\n{getattr(expected, 'pattern', expected)}"
