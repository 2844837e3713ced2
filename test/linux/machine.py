# SPDX-License-Identifier: Apache-2.0
"""Debian's Linux on an emulator, with a shell at its console that is typed at, and the emulator's
monitor beside it. The kernel comes from where the oracle has it (test/oracle/linux.py), the shell and
all commands are Debian's static BusyBox.
"""

import dataclasses
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "test/lib"), str(ROOT / "test/oracle")]
import linux  # noqa: E402
import monitor  # noqa: E402
import session  # noqa: E402
import talk  # noqa: E402

BUILD = ROOT / os.environ.get("BUILD", "build")  # an absolute BUILD stays as it is
BUSYBOX_LOCK = ROOT / "tools/packages/image.lock"
PROMPT = b"linux> "
MODULES = ["virtio-rng"]   # without it Linux waits for randomness, on this machine in vain
MEMORY = "512m"
LIMIT = int(os.environ.get("TEST_LIMIT", "240"))    # seconds for a boot; ends what hangs, judges nothing

# No address differs from boot to boot, and no line of the kernel comes between those of programs
# (dmesg has them). A Linux in trouble ends.
COMMAND_LINE = "console=ttyS0 quiet loglevel=1 nokaslr norandmaps panic=-1 oops=panic sysctl.vm.panic_on_oom=1"


@dataclasses.dataclass(frozen=True)
class Config:
    """What Linux runs on, apart from the emulator. cpu: further properties of rv64; words: added to the
    kernel's command line; mmu: the mode that Linux then says it uses; virtual: whether it has the H
    extension, and so KVM."""
    name: str
    mmu: str
    words: str = ""
    harts: int = 1
    cpu: str = ""
    virtual: bool = True


def busybox():
    package = next(p for p in linux.read_lock(BUSYBOX_LOCK) if p[0] == "busybox-static")
    return (linux.unpacked(BUSYBOX_LOCK, package) / "usr/bin/busybox").read_bytes()


def initramfs(config):
    modules = linux.in_load_order([*MODULES, *(["kvm"] if config.virtual else [])])
    return linux.cpio([
        ("init", 0o100755, (HERE / "init").read_bytes()),
        ("numbers", 0o100644, talk.NUMBERS),
        ("bin", 0o040755, b""),
        ("bin/vm", 0o100755, (BUILD / "test/linux/vm").read_bytes()),
        ("bin/busybox", 0o100755, busybox()),
        *[(f"{i}-{name}.ko", 0o100644, data) for i, (name, data) in enumerate(modules)]])


class Machine:
    """A running Linux. Use it in a with statement. What goes wrong is raised as session.Stuck."""

    def __init__(self, emulator, seccells, config):
        """seccells: further properties of the CPU."""
        self.scratch = tempfile.TemporaryDirectory(prefix="cella-linux.")
        folder = pathlib.Path(self.scratch.name)
        (folder / "initramfs").write_bytes(initramfs(config))
        self.socket = folder / "monitor"
        self.child = subprocess.Popen(
            [emulator, "-M", "virt", "-cpu", ",".join(["rv64", *filter(None, [config.cpu, seccells])]),
             "-smp", str(config.harts), "-m", MEMORY, "-bios", os.environ.get("FIRMWARE") or linux.FIRMWARE,
             "-kernel", linux.vmlinux(), "-initrd", folder / "initramfs",
             "-append", f"{COMMAND_LINE} {config.words}", "-no-reboot", "-nic", "none",
             "-device", "virtio-rng-pci", "-display", "none", "-serial", "stdio",
             "-monitor", f"unix:{self.socket},server=on,wait=off"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0)
        self.terminal = session.Terminal(self.child, LIMIT)
        self.monitor = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()
        if self.monitor:
            self.monitor.close()
        self.child.stdin.close()
        self.child.stdout.close()
        self.scratch.cleanup()

    def prompt(self):
        """Wait for the shell. What was printed since the last such wait."""
        start = self.terminal.at
        self.terminal.wait(PROMPT)
        printed = self.terminal.seen[start:self.terminal.at - len(PROMPT)]
        return self.plain(printed)

    @staticmethod
    def plain(printed):
        """Text without what is meant for the terminal: carriage returns, and the shell's question where
        the cursor is."""
        return re.sub(r"\x1b\[[0-9;]*[a-zA-Z]|\r", "", printed.decode("utf-8", "backslashreplace"))

    def run(self, command):
        """Type a command. What it prints, without its echo."""
        self.terminal.type(command.encode() + b"\r")
        echo, _, output = self.prompt().partition("\n")
        if echo != command:
            raise session.Stuck(f"the terminal echoed {echo!r} for {command!r}")
        return output

    def power_off(self):
        """The emulator's exit status."""
        self.terminal.type(b"poweroff -f\r")
        return self.terminal.end()

    def registers(self):
        """For each hart, the registers that the emulator's monitor shows, by name."""
        self.monitor = self.monitor or monitor.Monitor(str(self.socket), lambda: self.child.poll() is None)
        harts = self.monitor.ask("info registers -a").split("CPU#")[1:]
        return [{name: int(value, 16) for name, value in re.findall(r"([\w/]+) +([0-9a-f]{16})\b", text)}
                for text in harts]

    def tail(self):
        return self.plain(self.terminal.seen)[-1500:]
