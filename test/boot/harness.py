# SPDX-License-Identifier: Apache-2.0
"""What the boot tests share: the list of tests, a booted machine, and claims about it.

A console is judged by its lines: the kernel's begin with "[cella] ", all else, after the firmware's
banner if there is one, is the program's. One of the kernel's lines is the notice that it has started.
"""

import os
import pathlib
import re
import shlex
import signal
import subprocess
import tempfile
import time

from claims import Failure, add, claim

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("BUILD", "build"))
if not BUILD.is_absolute():
    BUILD = ROOT / BUILD
CELLA = BUILD / "bin/cella"
OUT = BUILD / "test" / "boot"
LIMIT = int(os.environ.get("TEST_BOOT_LIMIT", "60"))  # seconds; ends what hangs
PLATFORMS = sorted(p.parent.name for p in BUILD.glob("riscv64-*/run.conf"))

# src/unix/unix.h
NOT_EXECUTABLE = 126
NOT_FOUND = 127
SIGNAL = 128


def test(function=None, *, unless=None):
    """Register a test. unless(platform) gives a reason to skip it, or None."""
    def register(f):
        add(f.__name__, f, unless)
        return f
    return register(function) if function else register


def conf(platform):
    """What run.conf says: kernel, firmware, machine, cpu, emulator."""
    words = shlex.split((BUILD / platform / "run.conf").read_text())
    values = dict(w.split("=", 1) for w in words)
    values["emulator"] = os.environ.get("QEMU") or values["emulator"]
    return values


class Console:
    """Everything a finished machine said, and its exit status."""

    def __init__(self, status, console, stderr):
        self.status = status
        self.console = console.decode("utf-8", "replace").replace("\r\n", "\n")
        self.stderr = stderr.decode("utf-8", "replace")
        after = re.split(r"^Boot HART MEDELEG.*\n", self.console, flags=re.M)[-1]
        self.kernel = re.findall(r"\[cella\] (.*)", self.console)
        self.started = bool(self.kernel)
        self.output = re.sub(r"\[cella\] .*(\n|\Z)", "", after)

    def complaints(self):
        """The kernel's lines but the notice."""
        notice = [k for k in self.kernel if re.search(r": memory model \w+, \d+ MiB free$", k)]
        claim(len(notice) == 1, f"{len(notice)} start-up notices instead of one")
        return [k for k in self.kernel if k not in notice]

    def said(self, patterns):
        lines = self.complaints()
        claim(len(lines) == len(patterns), f"{len(lines)} lines from the kernel, not {len(patterns)}")
        for line, pattern in zip(lines, patterns):
            claim(re.search(pattern, line), f"the kernel's line does not say {pattern!r}")

    def calm(self):
        claim(self.status is not None, f"still running after {LIMIT} seconds")
        claim(not re.search("panic", self.console, re.I), "a kernel panic")
        claim(self.started, "the firmware did not start the kernel")

    def ended(self, status):
        claim(self.status == status, f"exit status {self.status} instead of {status}")

    def refused(self, status, *patterns):
        """No program ran: one line says why. (Two patterns, two lines: the cause, then what came of
        it.)"""
        self.calm()
        self.said(patterns)
        claim(self.output == "", "something else was printed")
        self.ended(status)

    def ran(self, output, status=0, warnings=()):
        """The program ran, and the kernel said no more than the warnings (patterns), in order."""
        self.calm()
        self.said(warnings)
        claim(self.output == output, f"the output is {self.output!r} instead of {output!r}")
        self.ended(status)


class Context:
    """One run of one test on one platform."""

    def __init__(self, platform, name):
        self.platform, self.name = platform, name
        self.last = None

    def image(self, build, suffix=""):
        """The path of the image that build(path) makes. Platforms share it: build gives the same
        bytes each time, and whatever runs from an image leaves it as it is."""
        path = OUT / "images" / f"{self.name}{suffix}.img"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            new = path.with_suffix(".making")
            build(new)
            new.rename(path)
        return path

    def _finish(self, command):
        environment = dict(os.environ, BUILD=str(BUILD))
        try:
            p = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, cwd=ROOT,
                               env=environment, timeout=LIMIT)
            self.last = Console(p.returncode, p.stdout, p.stderr)
        except subprocess.TimeoutExpired as hung:
            self.last = Console(None, hung.stdout or b"", hung.stderr or b"")
        return self.last

    def boot(self, image, *options, memory=None, arguments=None, disk="--read-only", words=()):
        """As a user would: cella run. options are the emulator's; disk: what may be done to the image;
        words: further ones for the program."""
        memory = ["-m", memory] if memory else []
        arguments = ["-a", arguments] if arguments else []
        return self._finish([CELLA, "run", "-b", "-p", self.platform, disk, *memory, *arguments,
                             *(f"--qemu={o}" for o in options), str(image),
                             *(["--", *words] if words else [])])

    def boot_bare(self, *options, emulator=None, cpu=None):
        """A machine with nothing in it but what options say."""
        c = conf(self.platform)
        return self._finish([emulator or c["emulator"], "-M", c["machine"], "-cpu", cpu or c["cpu"],
                             "-bios", c["firmware"], "-kernel", c["kernel"], "-no-reboot",
                             "-display", "none", "-monitor", "none", "-serial", "stdio", *options])

    def boot_disk(self, path):
        """The same machine as boot()'s, with whatever is at path for its disk: the tool itself
        refuses what is no image."""
        return self.boot_bare("-m", "128m", "-global", "virtio-mmio.force-legacy=false",
                              "-device", "virtio-rng-device", "-device", "virtio-blk-device,drive=hd0",
                              "-drive", f"file={path},format=raw,if=none,id=hd0,readonly=on")

    def _machine(self, image, console, arguments):
        """The emulator's command for a machine that waits for a debugger at its first instruction."""
        c = conf(self.platform)
        return [c["emulator"], "-M", c["machine"], "-cpu", c["cpu"], "-bios", c["firmware"], "-kernel",
                c["kernel"], "-m", "128m", "-no-reboot", "-display", "none", "-monitor", "none",
                "-serial", f"file:{console}", "-global", "virtio-mmio.force-legacy=false",
                "-drive", f"file={image},format=raw,if=none,id=hd0,readonly=on", "-device", "virtio-blk-device,drive=hd0",
                "-device", "virtio-rng-device", "-nic", "none", *(["-append", arguments] if arguments else [])]

    def _place(self, suffix):
        return OUT / "images" / f"{self.name}.{self.platform}{suffix}"

    def debug(self, image, commands, arguments=None):
        """gdb runs commands on a machine that it starts, stopped. The answer of each, and the console."""
        console = self._place(".console")
        emulator = shlex.join([*self._machine(image, console, arguments), "-S", "-gdb", "stdio"])
        return self._gdb([f"target remote | exec {emulator}"], commands, console)

    def debug_running(self, image, said, commands):
        """The same with a machine that runs already, and whose console has come to say what is said."""
        console = self._place(".console")
        console.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory() as folder:  # a socket's path has to be short
            peer = f"{folder}/gdb"
            command = [*self._machine(image, console, None), "-gdb", f"unix:{peer},server=on,wait=off"]
            with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL) as emulator:
                try:
                    self._await(emulator, console, said)
                    return self._gdb([f"target remote {peer}"], commands, console)
                finally:
                    emulator.kill()

    @staticmethod
    def _await(emulator, console, said):
        deadline = time.monotonic() + LIMIT
        while not console.exists() or said not in console.read_text("utf-8", "replace"):
            claim(emulator.poll() is None, "the machine ended before gdb came")
            claim(time.monotonic() < deadline, f"the console never said {said!r}")
            time.sleep(0.02)  # between two looks at a file

    def _gdb(self, connect, commands, console):
        """Each command's answer lies between two lines that only gdb prints."""
        script = ["set confirm off", "set width 0", f"file {conf(self.platform)['kernel']}",
                  "source tools/gdb/cella.py", *connect]
        for number, command in enumerate(commands):
            script += [f"echo <<{number}\\n", command, f"echo {number}>>\\n"]
        options = [word for command in script + ["kill"] for word in ("-ex", command)]
        environment = dict(os.environ, DEBUGINFOD_URLS="")
        with subprocess.Popen(["gdb-multiarch", "-nx", "-q", "-batch", *options], cwd=ROOT, env=environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", start_new_session=True) as child:
            try:
                output = child.communicate(timeout=LIMIT)[0]
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                output = child.communicate()[0]
                raise Failure(f"gdb did not come to its end; it said:\n{output[-3000:]}")
        said = console.read_text("utf-8", "replace") if console.exists() else ""
        self.last = Console(0, said.encode(), output.encode())
        answers = [re.search(rf"^<<{n}\n(.*?){n}>>$", output, re.S | re.M) for n in range(len(commands))]
        claim(all(answers), "gdb did not carry out every command")
        return [answer[1] for answer in answers], said

    def last_words(self):
        if self.last is None:
            return ""
        text = "\n".join(self.last.console.split("\n")[-12:])
        return f"the console's last lines:\n{text}\n{self.last.stderr}"
