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


def reported(t, word, signal, pattern, **named):
    """The program was ended by a fault, and two lines say what and where. Returns further lines."""
    boot = act(t, word, **named)
    boot.calm()
    lines = boot.complaints()
    if "arguments" in named:  # the kernel was asked to say more, before and after
        lines = lines[[" ended by signal " in line for line in lines].index(True):]
    claim(boot.output == f"act {word}\n", "the program did not print what it should have")
    claim(len(lines) >= 2, f"{len(lines)} lines of report")
    claim(re.search(pattern, lines[0]), f"the report does not say {pattern!r}")
    pc = re.fullmatch(r"  pc 0x([0-9a-f]+), /bin/act\+0x([0-9a-f]+)", lines[1])
    claim(pc, f"the second line is {lines[1]!r}")
    # The program is linked to 0x10000 and its first segment begins with the file.
    claim(int(pc[1], 16) - int(pc[2], 16) == 0x10000, "the offset in the file is another one")
    boot.ended(SIGNAL + signal)
    return lines[2:]


NULL = (r"^act ended by signal 11 \(SIGSEGV\): writing 0x0: nothing is mapped there; "
        r"below all memory \(a null pointer\?\)$")


@test
def a_null_write_is_reported_with_address_access_and_place(t):
    claim(reported(t, "null", SIGSEGV, NULL) == [], "there are further lines")


@test
def a_write_to_text_is_reported_with_area_and_mapping(t):
    claim(reported(t, "text", SIGSEGV,
                   r"^act ended by signal 11 \(SIGSEGV\): writing 0x1\w{4}: the memory there does not "
                   r"allow it; in area 10000-\w+ r-xp /bin/act; (cell \d+: |page )0x1\w{4}-0x\w+ -> 0x8\w+")
          == [], "there are further lines")


@test
def an_illegal_instruction_is_reported(t):
    claim(reported(t, "illegal", SIGILL,
                   r"^act ended by signal 4 \(SIGILL\): illegal instruction 0x\w+$") == [],
          "there are further lines")


@test
def a_reserved_compartment_instruction_is_reported(t):
    refused = (r"illegal instruction 0x8\w{7}" if t.platform == "riscv64-virt" else
               r"instruction refused with cause 25, value 0x500")
    claim(reported(t, "inval", SIGILL, rf"^act ended by signal 4 \(SIGILL\): {refused}$") == [],
          "there are further lines")


@test
def a_breakpoint_is_reported(t):
    claim(reported(t, "break", SIGTRAP,
                   r"^act ended by signal 5 \(SIGTRAP\): breakpoint$") == [],
          "there are further lines")


@test
def verbose_reports_end_with_the_registers(t):
    lines = reported(t, "null", SIGSEGV, NULL, arguments="verbose")
    names = re.findall(r"(\w+) +[0-9a-f]{16}", " ".join(lines))
    claim(len(names) == 31 and len(set(names)) == 31 and "a0" in names, f"registers: {names}")


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
