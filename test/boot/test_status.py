# SPDX-License-Identifier: Apache-2.0
"""How programs end: the machine's exit status, and reports of those that a fault ended."""

import os
import re
import subprocess

import images
from harness import BUILD, ROOT, SIGNAL, add, claim, test

SIGILL, SIGTRAP, SIGABRT, SIGSEGV = 4, 5, 6, 11


def act(t, *args, **named):
    return t.boot(t.image(images.builder(text=images.manifest(*args)), "-" + "-".join(args)), **named)


for number in (0, 1, 7, 126, 255):
    add(f"a_program_that_exits_with_{number}_gives_that_status",
        lambda t, n=number: act(t, "exit", str(n)).ran("act exit\n", n))


@test
def an_exit_status_is_cut_to_eight_bits(t):
    act(t, "exit", "258").ran("act exit\n", 2)


def reported(t, word, signal, *patterns):
    """The program was ended by a fault, and the report says so, where, and with which registers."""
    boot = act(t, word)
    boot.calm()
    lines = boot.complaints()
    claim(boot.output == f"act {word}\n", "the program did not print what it should have")
    for line, pattern in zip(lines, patterns):
        claim(re.search(pattern, line), f"the report does not say {pattern!r}")
    claim(len(lines) == len(patterns) + 9, f"{len(lines)} lines of report")
    pc = re.search(r"at pc (0x[0-9a-f]+)", lines[0]).group(1)
    claim(int(re.search(r"pc  ([0-9a-f]{16})", "\n".join(lines)).group(1), 16) == int(pc, 16),
          "two values of the pc")
    boot.ended(SIGNAL + signal)


PC_AREA = r"^  pc: +0x\w+ is in area 10000-\w+ r-xp /bin/act; (cell \d+: |page )0x10000-0x\w+ -> 0x8\w+"


@test
def a_null_write_is_reported_with_address_access_and_area(t):
    reported(t, "null", SIGSEGV,
             r"^act ended by signal 11 \(SIGSEGV\): writing 0 at pc 0x\w+: nothing is mapped there",
             r"^  address: 0 is below all memory \(a null pointer", PC_AREA)


@test
def an_illegal_instruction_is_reported(t):
    reported(t, "illegal", SIGILL,
             r"^act ended by signal 4 \(SIGILL\): illegal instruction at pc 0x\w+", PC_AREA)


@test
def a_breakpoint_is_reported(t):
    reported(t, "break", SIGTRAP,
             r"^act ended by signal 5 \(SIGTRAP\): breakpoint at pc 0x\w+", PC_AREA)


@test
def an_abort_gives_134(t):
    boot = act(t, "abort")
    boot.calm()
    boot.ended(SIGNAL + SIGABRT)


@test
def make_run_prints_the_status(t):
    image = t.image(images.builder(text=images.manifest("exit", "7")))
    # A make of its own, not a part of the one that runs this test.
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    p = subprocess.run(["make", "-s", f"BUILD={BUILD}", f"PLATFORM={t.platform}", f"IMAGE={image}",
                        "-o", "kernel", "run"], stdin=subprocess.DEVNULL, capture_output=True,
                       text=True, cwd=ROOT, env=environment)
    claim("program exited with status 7\n" in p.stdout, f"make run does not say 7: {p.stdout[-300:]}")
    claim(p.returncode == 2, f"make's status is {p.returncode}")
