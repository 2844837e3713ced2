# SPDX-License-Identifier: Apache-2.0
"""The terminal, as a person at the keyboard sees it: a machine on a pseudo-terminal."""

import json
import os
import pty
import re
import select
import subprocess
import termios
import time
import tty

import images
from harness import BUILD, CELLA, LIMIT, ROOT, SIGNAL, Failure, claim, test

SIGINT, SIGQUIT = 2, 3
CTRL_C, CTRL_D, CTRL_U, CTRL_BACKSLASH = b"\x03", b"\x04", b"\x15", b"\x1c"
BACKSPACE = b"\x7f"


class Terminal:
    """A machine whose console is a pseudo-terminal. Waits for what is printed, never for time."""

    def __init__(self, t, *args):
        text = json.dumps({"Program": "/bin/busybox", "Args": ["busybox", *args]})
        self.start(t, t.image(images.builder({"/bin/busybox": images.busybox(), "/tmp/x": b""}, text)))

    @classmethod
    def of_act(cls, t, *args):
        term = cls.__new__(cls)
        term.start(t, t.image(images.builder(text=images.manifest(*args))))
        return term

    def start(self, t, image, *options):
        options = options or ("--read-only",)
        self.seen = b""
        self.at = 0  # expect() looks from here on
        self.deadline = time.monotonic() + LIMIT
        self.ours, theirs = pty.openpty()
        tty.setraw(theirs)
        attributes = termios.tcgetattr(theirs)
        attributes[1] = 0  # QEMU switches output processing on again: without flags it does nothing
        termios.tcsetattr(theirs, termios.TCSANOW, attributes)
        self.child = subprocess.Popen([CELLA, "run", "-p", t.platform, *options, image],
                                      stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT,
                                      env=dict(os.environ, BUILD=str(BUILD)))
        os.close(theirs)
        os.set_blocking(self.ours, False)
        self.expect(rb"memory model \w+, \d+ MiB free\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        os.close(self.ours)

    def _fail(self, complaint):
        text = self.seen[-1500:].decode("utf-8", "replace")
        raise Failure(f"{complaint}\nthe terminal's last lines:\n{text}")

    def _read(self, pending=b""):
        """Take what is printed, and give what of pending is taken; False: the machine is gone."""
        left = self.deadline - time.monotonic()
        readable, writable, _ = select.select([self.ours], [self.ours] if pending else [], [],
                                              max(left, 0))
        if not readable and not writable:
            self._fail(f"nothing more after {LIMIT} seconds")
        if readable:
            try:
                more = os.read(self.ours, 65536)
            except OSError:  # the other side is closed
                more = b""
            if not more:
                return False, pending
            self.seen += more
        if writable:
            try:
                pending = pending[os.write(self.ours, pending[:256]):]
            except BlockingIOError:
                pass
        return True, pending

    def type(self, keys):
        while keys:
            alive, keys = self._read(keys)
            if not alive:
                self._fail("the machine ended before everything was typed")

    def expect(self, pattern):
        """pattern, after what was expected before; \\A is there."""
        while not (found := re.search(pattern, self.seen[self.at:])):
            if not self._read()[0]:
                self._fail(f"the machine ended and did not print {pattern!r}")
        self.at += found.end()

    def ends(self, status):
        while self._read()[0]:
            pass
        got = self.child.wait(LIMIT)
        if got != status:
            self._fail(f"exit status {got} instead of {status}")
        if b"panic" in self.seen:
            self._fail("a kernel panic")

    def rest(self):
        return self.seen[self.at:]


@test
def keys_are_echoed_and_a_line_reaches_the_program_at_its_end(t):
    with Terminal(t, "cat") as term:
        term.type(b"one")
        term.expect(rb"one\Z")
        term.type(b" line\r")
        term.expect(rb" line\r\none line\r\n")
        term.type(CTRL_D)
        term.ends(0)
        claim(term.rest() == b"", f"more was printed: {term.rest()!r}")


@test
def backspace_takes_a_character_off_the_line(t):
    with Terminal(t, "cat") as term:
        term.type(b"cax" + BACKSPACE + b"t\r")
        term.expect(rb"cax\x08 \x08t\r\ncat\r\n")
        term.type(CTRL_D)
        term.ends(0)


@test
def backspace_on_an_empty_line_does_nothing(t):
    with Terminal(t, "cat") as term:
        term.type(BACKSPACE * 3 + b"x\r")
        term.expect(rb"\Ax\r\nx\r\n")
        term.type(CTRL_D)
        term.ends(0)


@test
def control_U_takes_the_line_away(t):
    with Terminal(t, "cat") as term:
        term.type(b"wrong" + CTRL_U + b"right\r")
        term.expect(rb"right\r\nright\r\n")
        term.type(CTRL_D)
        term.ends(0)
        claim(b"\nwrongright" not in term.seen, "the line was kept")


@test
def control_D_within_a_line_gives_what_is_there(t):
    with Terminal(t, "cat") as term:
        term.type(b"half" + CTRL_D)
        term.expect(rb"halfhalf\Z")
        term.type(b"\r" + CTRL_D)
        term.ends(0)


@test
def control_C_kills_with_130(t):
    with Terminal(t, "cat") as term:
        term.type(b"here\r")
        term.expect(rb"here\r\nhere\r\n")
        term.type(CTRL_C)
        term.ends(SIGNAL + SIGINT)


@test
def control_C_kills_a_program_that_does_not_read(t):
    with Terminal(t, "yes") as term:
        term.expect(rb"y\r\ny\r\n")
        term.type(CTRL_C)
        term.ends(SIGNAL + SIGINT)


@test
def no_control_C_is_lost_on_a_program_that_lets_it_through_only_while_it_waits(t):
    """Half of them come before it waits, the others around the moment at which it begins to."""
    with Terminal.of_act(t, "interrupts", "200") as term:
        for turn in range(1, 201):
            term.expect(rb"turn %d\r\n" % turn)
            term.type(CTRL_C)
        term.ends(0)


@test
def control_backslash_kills_with_131(t):
    with Terminal(t, "cat") as term:
        term.type(b"here\r")
        term.expect(rb"here\r\nhere\r\n")
        term.type(CTRL_BACKSLASH)
        term.ends(SIGNAL + SIGQUIT)


@test
def keys_typed_before_the_program_reads_are_not_lost(t):
    with Terminal(t, "cat") as term:
        term.type(b"early\r" + CTRL_D)
        term.expect(rb"early\r\n")
        term.ends(0)
        claim(term.seen.count(b"early\r\n") == 2, "the line was not echoed and printed")


@test
def a_long_paste_arrives_complete(t):
    """8 KiB in lines of 40; wc reads them all and prints nothing before the end."""
    lines = [b"line %05d of a paste of many lines here" % i for i in range(200)]
    with Terminal(t, "wc") as term:
        term.type(b"".join(line + b"\r" for line in lines))
        term.expect(re.escape(lines[-1]) + rb"\r\n")
        term.type(CTRL_D)
        size = sum(len(line) + 1 for line in lines)
        words = sum(len(line.split()) for line in lines)
        term.expect(rb"\s+%d\s+%d\s+%d\r\n" % (len(lines), words, size))
        term.ends(0)


@test
def a_paste_into_a_program_that_answers_each_line_arrives_complete(t):
    """Echo and answers may mix within a line, as on Linux: what counts is that every byte is there twice."""
    lines = b"".join(b"%05d short\r\n" % i for i in range(400))
    with Terminal(t, "cat") as term:
        term.type(lines.replace(b"\n", b""))
        term.expect(b"(?s).{%d}" % (2 * len(lines)))
        term.type(CTRL_D)
        term.ends(0)
        printed = term.seen[term.at - 2 * len(lines):]
        claim(sorted(printed) == sorted(2 * lines), f"{len(printed)} bytes are not the {2 * len(lines)} expected")


@test
def single_keys_reach_a_program_in_raw_mode(t):
    """vi switches the terminal to raw mode: no line end is needed, and nothing is echoed twice."""
    with Terminal(t, "vi", "/tmp/x") as term:
        term.expect(rb"/tmp/x")
        term.type(b"ihello")
        term.expect(rb"h.*e.*l.*l.*o")
        term.type(b"\x1b")  # alone: with more behind it, it would begin a function key
        term.expect(rb"Modified")
        term.type(b":q!\r")
        term.ends(0)
