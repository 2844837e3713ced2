# SPDX-License-Identifier: Apache-2.0
"""The boot argument strace: which lines there are. What they say is compared with strace's own
(test/expected/strace)."""

import re

import images
from harness import BUILD, claim, test


def image(t, *words):
    return t.image(images.builder(text=images.manifest(*words)))


@test
def calls_that_are_chosen_are_printed_and_no_others(t):
    t.boot(image(t, "exit", "3"), arguments="strace=exit_group,getpgid").ran("act exit\n", 3, [
        r"^strace 1 exit_group\(3\) = \?$", r"^strace 1 \+\+\+ exited with 3 \+\+\+$"])


@test
def a_call_that_does_not_exist_is_named_and_chooses_none(t):
    t.boot(image(t, "exit", "3"), arguments="strace=openat2x").ran("act exit\n", 3, [
        r'^strace: there is no system call "openat2x"$', r"^strace 1 \+\+\+ exited with 3"])


@test
def the_trace_class_prints_the_same_lines(t):
    def lines(argument):
        console = t.boot(image(t, "exit", "3"), arguments=argument)
        return [k for k in console.complaints() if "getrandom" not in k]

    first = lines("strace")
    claim(len(first) > 5 and first == lines("trace=syscall"), "the lines differ")


@test
def a_fault_is_a_signal_and_an_end(t):
    t.boot(image(t, "null"), arguments="strace=getpgid").calm()
    claim(any(k == "strace 1 +++ killed by SIGSEGV +++" for k in t.last.kernel), "no end is printed")
    claim(any(k.startswith("strace 1 --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=")
              for k in t.last.kernel), "no signal is printed")


@test
def a_call_that_waits_is_split_when_another_thread_prints(t):
    console = t.boot(BUILD / "test/guest/strace_threads.img", arguments="strace=read,write,exit")
    console.calm()
    # Three times a thread and its child wait for each other: not all of it can happen without waiting.
    split = re.findall(r"strace (\d) read\((\d),  <unfinished \.\.\.>\n(?:strace (?!\1).*\n)+"
                       r'strace \1 <\.\.\. read resumed>"(?:x|a child|child)", \d+\) = \d\n',
                       "".join(k + "\n" for k in console.kernel))
    claim(split, "no call is split")
