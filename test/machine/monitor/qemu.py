# SPDX-License-Identifier: Apache-2.0
"""qemu.py - a running emulator for the tests in this folder.

Machine starts a guest with its serial port on our pipes, the monitor and the gdb stub on Unix
sockets in a private folder. Every wait ends with the peer's answer or with its death; run.sh
kills what hangs. A test is a script that gets BUILD/monitor, the emulator and its standard
options as arguments and ends with status 0 or with an exception.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../lib"))
import monitor  # noqa: E402


class Machine:
    """An emulator that runs BUILD/monitor/GUEST.elf; use as a context manager."""

    def __init__(self, guest, extra=(), folder=None):
        build, *command = sys.argv[1:]
        self._own_folder = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix="cella-monitor.")
        self.tag = str(len(os.listdir(self.folder)))
        self.process = subprocess.Popen(
            command
            + ["-serial", "stdio", "-kernel", os.path.join(build, guest + ".elf")]
            + ["-monitor", "unix:%s,server=on,wait=off" % self._path("monitor")]
            + ["-gdb", "unix:%s,server=on,wait=off" % self._path("gdb")]
            + list(extra),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self._monitor = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()  # an orderly end, in which the coverage build leaves its counts
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self._own_folder:
            shutil.rmtree(self.folder)

    def _path(self, name):
        return os.path.join(self.folder, name + self.tag)

    def connect(self, name):
        """A connection to the socket NAME."""
        return monitor.connect(self._path(name), self._alive)

    def _alive(self):
        assert self.process.poll() is None, "the emulator ended: %r" % self.process.stdout.read()
        return True

    # -- the serial port

    def send(self, text):
        self.process.stdin.write(text.encode())

    def read_facts(self):
        """The lines "name value" that the guest prints before "ready", as numbers."""
        facts = {}
        while True:
            line = self.process.stdout.readline().decode().split()
            assert line, "the guest ended before it was ready"
            if line == ["ready"]:
                return facts
            facts[line[0]] = int(line[1], 0)

    def finish(self):
        """Wait for the guest's verdict; what it printed is part of the complaint."""
        text = self.process.stdout.read().decode()
        assert self.process.wait() == 0, "the guest failed: " + text

    # -- the monitor

    def monitor(self, command):
        """The monitor's answer to a command, as text."""
        if self._monitor is None:
            self._monitor = monitor.Monitor(self._path("monitor"), self._alive)
        return self._monitor.ask(command)

    def peek(self, va):
        """The 8 bytes at a virtual address as the monitor sees them, or None."""
        return self._examine("x /1gx %#x" % va)

    def peek_physical(self, pa):
        """The 8 bytes at a physical address."""
        return self._examine("xp /1gx %#x" % pa)

    def _examine(self, command):
        answer = self.monitor(command)
        found = re.search(r": (0x[0-9a-f]{16})$", answer)
        assert found or "Cannot access memory" in answer, answer
        return int(found.group(1), 16) if found else None


class Debugger:
    """A client of the gdb remote protocol: memory and registers by name. Stops the machine."""

    def __init__(self, machine):
        self.peer = machine.connect("gdb")
        self.buffer = b""
        self.ask("qSupported:xmlRegisters=riscv")
        self.numbers = self._registers()

    def ask(self, packet):
        """The answer to a packet. Stop notices, which come when they like, are passed over."""
        self.peer.sendall(b"$%s#%02x" % (packet.encode(), sum(packet.encode()) & 0xff))
        answer = self._packet()
        while answer.startswith("T"):
            answer = self._packet()
        return answer

    def step(self):
        """Execute one instruction, a trap that it takes included."""
        self.peer.sendall(b"$s#73")
        while not self._packet().startswith("T"):
            pass

    def _packet(self):
        while not (match := re.search(rb"\$([^#]*)#..", self.buffer)):
            part = self.peer.recv(65536)
            assert part, "the emulator died"
            self.buffer += part
        self.buffer = self.buffer[match.end():]
        self.peer.sendall(b"+")
        return match.group(1).decode("latin-1")

    def _xml(self, annex):
        text = ""
        while True:
            part = self.ask("qXfer:features:read:%s:%x,%x" % (annex, len(text), 2000))
            text += part[1:]
            if part[0] == "l":
                return text

    def _registers(self):
        numbers, following = {}, 0
        for annex in re.findall(r'href="([^"]+)"', self._xml("target.xml")):
            for reg in re.findall(r"<reg ([^>]*)/>", self._xml(annex)):
                field = dict(re.findall(r'(\w+)="([^"]*)"', reg))
                following = int(field.get("regnum", following))
                numbers[field["name"]] = following
                following += 1
        return numbers

    def register(self, name):
        return int.from_bytes(bytes.fromhex(self.ask("p%x" % self.numbers[name])), "little")

    def set_register(self, name, value):
        raw = value.to_bytes(8, "little").hex()
        assert self.ask("P%x=%s" % (self.numbers[name], raw)) == "OK"

    def peek(self, va):
        """The 8 bytes at va, or None."""
        answer = self.ask("m%x,8" % va)
        return None if answer.startswith("E") else int.from_bytes(bytes.fromhex(answer), "little")

    def poke(self, va, value, length=8):
        """Write length bytes at va: a physical address while the hart is in M."""
        raw = value.to_bytes(length, "little").hex()
        assert self.ask("M%x,%x:%s" % (va, length, raw)) == "OK"


def equal(what, got, want):
    assert got == want, "%s: expected %r got %r" % (what, want, got)
