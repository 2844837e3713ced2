# SPDX-License-Identifier: Apache-2.0
"""Debian's Linux for riscv64, booted in our emulator to run cases: see README.md.

A case is an image and one of its manifests. run() boots as many cases as there are, several images
at a time, and gives each one's output and exit status, or says why there is none.
"""

import collections
import dataclasses
import json
import lzma
import os
import pathlib
import re
import secrets
import select
import shutil
import subprocess
import sys
import tempfile
import time
import typing

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "test/lib"))
import disks as disk_rules  # noqa: E402
import left  # noqa: E402
import session  # noqa: E402
import tracelines  # noqa: E402

HERE = ROOT / "test/oracle"
CACHE = pathlib.Path(os.environ.get("CACHE") or
                     pathlib.Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "cella")
LOCK = HERE / "linux.lock"
TRACER_LOCK = HERE / "tracer.lock"

# Modules that the images' disks and file systems need; what these depend on is added.
MODULES = ["virtio_blk", "ext4", "virtio-rng"]
DISKS = 24              # in one boot, each a device on the PCI bus
MEMORY = 512 << 20      # of the machine, at least
DEFAULT_MANIFEST = "/.cella/manifest.json"
LIMIT = 60              # seconds for a case
SLACK = 60              # seconds for what surrounds a case: the boot, mounting

# no4lvl: Sv39, which of what Linux has is closest to Cella's size of address space (and what programs
# that look at it cope with). The rest: the same addresses each time, no message among the output,
# an end to the machine instead of a result when Linux itself is in trouble, and process numbers that
# cannot be mistaken for others in a trace.
COMMAND_LINE = ("console=ttyS0 quiet loglevel=0 no4lvl norandmaps panic=-1 oops=panic "
                "sysctl.vm.panic_on_oom=1 sysctl.kernel.ns_last_pid=30000")


class Trouble(Exception):
    """No result, and why."""


@dataclasses.dataclass(frozen=True)
class Case:
    """name: below test/expected. image: a path. manifest: a path inside the image. session: a file
    that says what is typed (test/lib/session.py)."""
    name: str
    image: pathlib.Path
    manifest: str = DEFAULT_MANIFEST
    session: typing.Optional[pathlib.Path] = None
    limit: int = LIMIT
    traced: bool = False    # under strace; the result's output is then what strace wrote


@dataclasses.dataclass(frozen=True)
class Result:
    output: bytes   # without carriage returns before line breaks, as test/guest/program-output has it
    status: int     # 128 + the number of the signal that ended the program
    left: typing.Optional[bytes] = None     # what changed on the disk (test/lib/left.py), if it can be written


# --- the package ---

def read_lock(path):
    """Each package's name, version and hash."""
    lines = [l.split() for l in path.read_text().splitlines() if l.strip() and l[0] != "#"]
    if not lines or any(len(l) != 5 for l in lines):
        raise Trouble(f"{path} is no lock file")
    return [l[:3] for l in lines]


def locked():
    """The name, version and hash of the package that Linux is in."""
    packages = read_lock(LOCK)
    if len(packages) != 1:
        raise Trouble(f"{LOCK} must have one line")
    return packages[0]


def tool(*command, **more):
    environment = dict(os.environ, CACHE=str(CACHE), PATH=os.environ["PATH"] + ":/usr/sbin:/sbin")
    p = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
                       cwd=ROOT, env=environment, **more)
    if p.returncode:
        raise Trouble(f"{command[0]} failed")
    return p.stdout


def unpacked(lock=LOCK, package=None):
    """A folder with what a package of the lock file holds, by default the one that Linux is in."""
    name, version, sha256 = package or locked()
    folder = CACHE / "oracle" / sha256
    if not folder.exists():
        package = tool(ROOT / "tools/packages/fetch.sh", lock, name).decode().strip()
        if pathlib.Path(package).parent.name != sha256:  # fetch.sh serves what the archive has
            raise Trouble(f"the archive has no {name} {version} any more; renew {lock}")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            new = pathlib.Path(scratch) / "new"
            tool("dpkg-deb", "-x", package, new)
            try:
                new.rename(folder)
            except OSError:     # somebody else was faster
                if not folder.exists():
                    raise
    return folder


def only(paths, what):
    paths = list(paths)
    if len(paths) != 1:
        raise Trouble(f"the packages have {len(paths)} files {what}, not one")
    return paths[0]


def vmlinux():
    return only(unpacked().glob("boot/vmlinux-*"), "boot/vmlinux-*")


def module_files():
    """Every module's name (with - for _) and path."""
    return {p.name.split(".")[0].replace("_", "-"): p for p in unpacked().rglob("*.ko.xz")}


# The package has no list of dependencies (its installation makes it); the modules name their own.
# Names of functions wanted before loading (softdep) have one module each that gives them.
SOFT = {"crypto-crc32c": "crc32c-generic"}


def in_load_order(names):
    """[(name, the module's bytes)], dependencies first."""
    files, order = module_files(), collections.OrderedDict()

    def add(name):
        name = SOFT.get(name, name).replace("_", "-")
        if name in order:
            return
        if name not in files:
            raise Trouble(f"Linux has no module {name}")
        data = lzma.open(files[name]).read()
        wanted = re.findall(rb"\0depends=([^\0]*)\0", data) + \
            re.findall(rb"\0softdep=pre: ([^\0]*)\0", data)
        for needed in b" ".join(wanted).decode().replace(",", " ").split():
            add(needed)
        order[name] = data

    for name in names:
        add(name)
    return list(order.items())


# --- the initramfs ---

def cpio(files):
    """An archive (newc) of [(path, mode, bytes)]."""
    out = bytearray()

    def pad():
        out.extend(b"\0" * (-len(out) % 4))

    for number, (path, mode, data) in enumerate([*files, ("TRAILER!!!", 0, b"")], 1):
        name = path.encode() + b"\0"
        fields = [number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0]
        out.extend(b"070701" + b"".join(b"%08X" % f for f in fields) + name)
        pad()
        out.extend(data)
        pad()
    return bytes(out)


def built_init():
    build = pathlib.Path(os.environ.get("BUILD", "build"))
    path = (build if build.is_absolute() else ROOT / build) / "test/oracle/init"
    if not path.exists():
        raise Trouble(f"there is no {path}; run: make oracle-init")
    return path.read_bytes()


def read_manifest(case):
    """The case's manifest, checked as far as the kernel's reader would complain (src/unix/manifest.c)."""
    text = tool("debugfs", "-R", f'cat "{case.manifest}"', case.image, stderr=subprocess.DEVNULL)
    if not text:
        raise Trouble(f"{case.image} has no {case.manifest}")
    m = json.loads(text)
    known = {"Program", "Args", "Env", "Cwd", "RunConfig", "Files", "Dirs", "MapDirs"}
    if set(m) - known:
        raise Trouble(f"{case.image}: {case.manifest} has unknown keys")
    if not m.get("Args"):
        raise Trouble(f"{case.image}: {case.manifest} has no Args")
    return m


def memory_of(manifest):
    """RunConfig.Memory in bytes; 0 if it says nothing."""
    text = manifest.get("RunConfig", {}).get("Memory", "0")
    number, unit = re.fullmatch(r"(\d+)([kKmMgG]?)", text).groups()
    return int(number) << {"": 20 if number != "0" else 0, "k": 10, "m": 20, "g": 30}[unit.lower()]


def cpus_of(manifest):
    return manifest.get("RunConfig", {}).get("CPUs", 1)


def disk_of(case):
    """What tells disks apart: all cases of an image share one, but each that writes has its own."""
    return case.image, case.name if disk_rules.writable(case.image) else None


def script(nonce, modules, cases, disks):
    """What init.c reads; disks: each one's serial number."""
    def listed(strings):
        return [len(strings), *strings]

    words = [nonce, int(time.time()), *listed(modules), len(cases)]
    for case, m in cases:
        words += [disks[disk_of(case)], m.get("Cwd", "/"), m.get("Program", m["Args"][0]), case.limit,
                  int(case.traced)]
        words += listed(m["Args"])
        words += listed([f"{k}={v}" for k, v in m.get("Env", {}).items()])
    return b"".join(str(w).encode() + b"\0" for w in words)


# --- strace ---

LIBRARIES = "usr/lib/riscv64-linux-gnu"
TRACER = {  # what it needs, and where in the initramfs
    "usr/bin/strace": "bin/strace",
    f"{LIBRARIES}/libc.so.6": "lib/riscv64-linux-gnu/libc.so.6",
    f"{LIBRARIES}/ld-linux-riscv64-lp64d.so.1": "lib/ld-linux-riscv64-lp64d.so.1",
}


def tracer_files():
    """strace and the libraries that it needs, as cpio() takes them."""
    folders = [unpacked(TRACER_LOCK, package) for package in read_lock(TRACER_LOCK)]
    paths = ["bin", "lib", "lib/riscv64-linux-gnu"]
    files = [(path, 0o040755, b"") for path in paths]
    for source, place in TRACER.items():
        found = only([f / source for f in folders if (f / source).exists()], source)
        files.append((place, 0o100755, found.read_bytes()))
    return files


# --- the machine ---

def emulator():
    path = os.environ.get("QEMU")
    return path or tool(ROOT / "qemu/build.sh", "--path").decode().strip()


FIRMWARE = "/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin"


def quoted(path):
    return str(path).replace(",", ",,")


class Machine:
    """One boot of Linux with these cases (Case, manifest), in this order. Its console is a pair of
    pipes. Use it in a with statement."""

    def __init__(self, cases):
        self.nonce = secrets.token_hex(16)
        self.seen = b""
        self.case = None        # which it is at, for complaints
        self.scratch = tempfile.TemporaryDirectory(prefix="cella-oracle.")
        disks = {disk: f"{'rw' if disk[1] else 'ro'}{i}"
                 for i, disk in enumerate(dict.fromkeys(disk_of(case) for case, _ in cases))}
        self.copies = {disk: self.copy(disk[0], serial) for disk, serial in disks.items() if disk[1]}
        modules = [(f"/{i}-{name}.ko", 0o100644, data)
                   for i, (name, data) in enumerate(in_load_order(MODULES))]
        initramfs = pathlib.Path(self.scratch.name) / "initramfs"
        initramfs.write_bytes(cpio([
            ("init", 0o100755, built_init()),
            ("script", 0o100644, script(self.nonce, [m[0] for m in modules], cases, disks)),
            *[(path.lstrip("/"), mode, data) for path, mode, data in modules],
            *(tracer_files() if any(case.traced for case, _ in cases) else [])]))
        memory = max([MEMORY, *[memory_of(m) for _, m in cases]])
        cpus = {cpus_of(m) for _, m in cases}
        self.child = subprocess.Popen(
            self.command(initramfs, [(self.copies.get(disk, disk[0]), serial) for disk, serial in disks.items()],
                         memory, *cpus), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, bufsize=0)

    def copy(self, image, serial):
        path = pathlib.Path(self.scratch.name) / serial
        subprocess.run(["cp", "--sparse=always", image, path], check=True)
        return path

    def left(self, case):
        """What the case, which has ended, as has the machine, changed on its disk."""
        copy = self.copies.get(disk_of(case))
        try:
            return left.changes(case.image, copy).encode() if copy else None
        except left.Unreadable as trouble:
            raise Trouble(f"{case.name}: {trouble}") from trouble

    def drive(self, image, serial):
        """The emulator's option for a disk's file."""
        how = "readonly=" + ("off" if serial.startswith("rw") else "on")
        return ["-drive", f"file={quoted(image)},format=raw,if=none,id={serial},{how}"]

    def command(self, initramfs, disks, memory, cpus):
        """disks: each one's file and serial number."""
        options = []
        for image, serial in disks:
            options += [*self.drive(image, serial), "-device", f"virtio-blk-pci,drive={serial},serial={serial}"]
        return [emulator(), "-M", "virt", "-cpu", "rv64,h=off", "-m", f"{memory >> 20}m", "-smp", str(cpus),
                "-bios", os.environ.get("FIRMWARE") or FIRMWARE, "-kernel", str(vmlinux()),
                "-initrd", str(initramfs), "-append", COMMAND_LINE, "-no-reboot", "-nic", "none",
                "-device", "virtio-rng-pci", "-display", "none", "-monitor", "none",
                "-serial", "stdio", *options]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()
        self.child.stdin.close()
        self.child.stdout.close()
        self.scratch.cleanup()

    def fail(self, complaint):
        text = self.seen[-1500:].decode("utf-8", "replace").replace("\r", "")
        where = f"in {self.case.name}: " if self.case else ""
        raise Trouble(f"{where}{complaint}; the console's last lines:\n{text}")

    def read(self, seconds):
        """Take what is printed next, within so many seconds. False: the machine has ended."""
        if not select.select([self.child.stdout], [], [], max(seconds, 0))[0]:
            self.fail("Linux hangs")
        more = os.read(self.child.stdout.fileno(), 65536)
        self.seen += more
        return bool(more)

    def mark(self, pattern, seconds):
        """Wait for one of init's lines that matches. (what was printed before it, the match)"""
        line = re.compile(self.nonce.encode() + rb" (?:(" + pattern + rb")|(broken [^\r\n]*))\r\n")
        deadline = time.monotonic() + seconds
        while not (found := line.search(self.seen)):
            if not self.read(deadline - time.monotonic()):
                self.fail(f"Linux ended early, with QEMU's status {self.child.wait()}")
        if found.group(found.lastindex).startswith(b"broken"):
            self.fail("Linux could not be prepared")
        before, self.seen = self.seen[:found.start()], self.seen[found.end():]
        return before, found.group(1).decode()

    # What a session needs: see session.play.

    def begin_session(self):
        self.at, self.deadline = 0, time.monotonic() + self.case.limit + SLACK

    def wait(self, text):
        while (found := self.seen.find(text, self.at)) < 0:
            if self.nonce.encode() in self.seen:
                self.fail(f"the program ended and did not print {text!r}")
            if not self.read(self.deadline - time.monotonic()):
                self.fail("Linux ended early")
        self.at = found + len(text)

    def type(self, keys):
        os.write(self.child.stdin.fileno(), keys)

    def started(self):
        """Linux's release and version."""
        return self.mark(rb"linux [^\r\n]*", SLACK)[1].split(" ", 1)[1]

    def ended(self):
        self.mark(rb"done", SLACK)
        while self.read(SLACK):
            pass
        if self.child.wait(SLACK):
            self.fail(f"QEMU ended with status {self.child.returncode}")


def trace_of(output, nonce):
    """The lines that strace wrote behind what the program printed."""
    _, mark, trace = output.partition(b"%s trace" % nonce.encode())
    if not mark:
        raise Trouble("there is no trace")
    return tracelines.of_linux(trace.partition(b"\n")[2].decode()).encode()


def result_of(output, end):
    """The Result from what init said, as `end N HOW NUMBER`."""
    _, _, how, number = end.split()
    number = int(number)
    if how == "unstarted":
        return Trouble(f"the program was not started: {os.strerror(number)}")
    if how == "late":
        return Trouble(f"still running after {number} seconds; it printed {output[-300:]!r}")
    return Result(output.replace(b"\r\n", b"\n"), number + 128 if how == "killed" else number)


def run_some(cases):
    """(version, [Result or Trouble]) of the cases, in one boot."""
    results = []
    with Machine(cases) as machine:
        version = machine.started()
        for number, (case, _) in enumerate(cases):
            machine.case = case
            before, _ = machine.mark(rb"begin %d" % number, SLACK)
            if before:
                machine.fail(f"something was printed between the cases: {before!r}")
            if case.session:
                machine.begin_session()
                session.play(machine, session.read(case.session))
            output, end = machine.mark(rb"end %d \w+ \d+" % number, case.limit + SLACK)
            result = result_of(output, end)
            if case.traced and isinstance(result, Result):
                result = Result(trace_of(result.output, machine.nonce), result.status)
            results.append(result)
        machine.case = None
        machine.ended()
        return version, [dataclasses.replace(r, left=machine.left(case)) if isinstance(r, Result) else r
                         for (case, _), r in zip(cases, results)]


def boots(cases):
    """The cases, with their manifests, in portions of at most DISKS images, and of one number of CPUs."""
    read = [(case, read_manifest(case)) for case in cases]
    portion, used = [], set()
    for case, manifest in sorted(read, key=lambda c: (cpus_of(c[1]), str(c[0].image))):
        if portion and ((disk_of(case) not in used and len(used) == DISKS)
                        or cpus_of(manifest) != cpus_of(portion[0][1])):
            yield portion
            portion, used = [], set()
        portion.append((case, manifest))
        used.add(disk_of(case))
    if portion:
        yield portion


def run(cases):
    """Yields (version, Case, Result or Trouble). Trouble of a whole machine is raised."""
    for portion in boots(cases):
        version, results = run_some(portion)
        for (case, _), result in zip(portion, results):
            yield version, case, result
