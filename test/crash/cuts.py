# SPDX-License-Identifier: Apache-2.0
"""A disk's log of writes, what a cut at one of them leaves, and what is in it."""

import os
import pathlib
import random
import shlex
import struct
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build")).resolve()
PLATFORMS = sorted(p.parent.name for p in BUILD.glob("riscv64-*/run.conf"))
LIMIT = 120  # seconds; ends what hangs
FLUSH, DISCARD = 1, 4
ENV = dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin")


def conf(platform):
    """What run.conf says: kernel, firmware, machine, cpu, emulator."""
    return dict(word.split("=", 1) for word in shlex.split((BUILD / platform / "run.conf").read_text()))


def logging_disk(image, log, name="hd0"):
    """The emulator's option for a disk of that name, which logs its writes."""
    log.touch()
    return ["-blockdev", f"driver=blklogwrites,node-name={name},file.driver=raw,file.file.driver=file,"
            f"file.file.filename={image},log.driver=file,log.filename={log}"]


def plain_disk(image):
    return ["-blockdev", f"driver=raw,node-name=hd0,file.driver=file,file.filename={image}"]


def run_machine(platform, disk, args, harts=1):
    """The program's machine, to its end; what it printed."""
    c = conf(platform)
    command = [c["emulator"], "-M", c["machine"], "-cpu", c["cpu"], "-bios", c["firmware"], "-kernel",
               c["kernel"], "-m", "128m", "-smp", str(harts), "-no-reboot", "-display", "none", "-monitor", "none",
               "-nic", "none", "-serial", "stdio", "-global", "virtio-mmio.force-legacy=false", *disk, "-device",
               "virtio-blk-device,drive=hd0", "-device", "virtio-rng-device", "-append",
               " ".join(f"arg={a}" for a in args)]
    p = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       timeout=LIMIT)
    return p.stdout.replace(b"\r\n", b"\n")


# --- the log ----------------------------------------------------------------------------------

def read_log(path):
    """[(byte offset or None for a flush, bytes)]"""
    raw = path.read_bytes()
    magic, version, count, sector = struct.unpack_from("<QQQL", raw)
    if magic != 0x6a736677736872 or version != 1:
        sys.exit("that is no log of writes")
    entries, at = [], sector
    for _ in range(count):
        where, length, flags, _ = struct.unpack_from("<QQQQ", raw, at)
        at += sector
        if length and not flags & DISCARD:
            entries.append((where * sector, raw[at:at + length * sector]))
            at += length * sector
        if flags & FLUSH:
            entries.append((None, b""))
    return entries


CHANCES = (0, 1, 0.5, 0.9)  # of a write since the last flush to have reached the disk


def image_at(before, entries, cut, chance):
    """What a cut before entry `cut` leaves: everything up to the last flush, and of the rest what chance lets."""
    image = bytearray(before)
    flushed = max((i for i in range(cut) if entries[i][0] is None), default=0)
    late = []
    for i in range(cut):
        where, data = entries[i]
        if where is None:
            continue
        if i < flushed:
            image[where:where + len(data)] = data
        elif random.random() < chance:
            late.append((where, data))
    for where, data in late:
        image[where:where + len(data)] = data
    return image


# --- what an image holds --------------------------------------------------------------------------

def e2fsck(option, path):
    p = subprocess.run(["e2fsck", option, path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, env=ENV, errors="replace")
    return p.returncode, p.stdout


def needs_recovery(path):
    """Whether its journal holds what is to be done first."""
    p = subprocess.run(["dumpe2fs", "-h", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=ENV,
                       errors="replace")
    return " needs_recovery" in p.stdout


def files_in(path, folder):
    """What /data and the folders in it hold, {path below /data: bytes}; None: it is not there."""
    out = pathlib.Path(folder) / "out"
    subprocess.run(["rm", "-rf", out], check=True)
    out.mkdir()
    subprocess.run(["debugfs", "-R", f"rdump /data {out}", path], stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, env=ENV, check=True)
    data = out / "data"
    if not data.is_dir():
        return None
    return {str(f.relative_to(data)): f.read_bytes() for f in data.rglob("*") if f.is_file()}
