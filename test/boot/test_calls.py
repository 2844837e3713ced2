# SPDX-License-Identifier: Apache-2.0
"""System calls that are not there."""

import re

import images
from harness import BUILD, ROOT, claim, test


def listed(macro):
    """Number and name of each call that the table has under macro."""
    table = (ROOT / "src/unix/syscall_list.h").read_text()
    return re.findall(rf"^{macro}\((\d+), (?:E[A-Z]+, )?(\w+)[,)]", table, flags=re.M)


def calls(t, wanted, warnings, act="calls"):
    numbers = [number for number, _ in wanted]
    t.boot(t.image(images.builder(text=images.manifest(act, *numbers)))).ran(
        f"act {act}\n", warnings=warnings)


@test
def each_call_that_is_absent_is_told_once(t):
    absent = listed("SYSCALL_ABSENT")
    calls(t, absent, [rf"system call {name} \({number}\) is not implemented"
                      for number, name in absent])


@test
def calls_that_programs_only_try_are_not_told(t):
    calls(t, listed("SYSCALL_REFUSED"), [])


@test
def calls_that_are_denied_are_not_told(t):
    calls(t, listed("SYSCALL_DENIED"), [], act="denied")


@test
def numbers_that_are_no_calls_are_not_told(t):
    calls(t, [("244", "arch_specific"), ("500", "none"), ("100000", "none"), ("-1", "none")], [])


def fio_refused(t, engine, message):
    """fio, on a disk that can be written, says that the calls of engine are not there, and fails."""
    run = t.boot(BUILD / "images/disk_io.img", disk="--snapshot",
                 words=["--name=job", f"--ioengine={engine}", "--size=64k", "--rw=write"])
    run.calm()
    run.ended(1)
    claim(re.search(message, run.output), f"fio does not say {message!r}")
    claim("error=Function not implemented" in run.output, "fio does not say why")


@test
def fio_is_told_that_there_is_no_io_uring(t):
    fio_refused(t, "io_uring", "your kernel doesn't support io_uring")
