#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cut the machine's power at random block writes, and look at what is left.

test/guest/disk_steps.c writes files in steps, each of which is on the disk before the next begins. QEMU
logs every write and flush of its disk (blklogwrites). A cut at entry k of the log leaves what was written up to
the last flush before k, and any part, in any order, of what was written since. That image goes to
e2fsck -fy, which must mend it; then e2fsck -fn must find nothing, and the files must be those of the last
step that was on the disk, or of the one that was under way: the log tells by the steps' contents.

    run.py CUTS [SEED]
"""

import os
import pathlib
import random
import shlex
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build")).resolve()
PLATFORMS = sorted(p.parent.name for p in BUILD.glob("riscv64-*/run.conf"))
STEPS = 120
FILES = 13
LIMIT = 120  # seconds; ends what hangs
FLUSH = 1
TAG = b"cella step "
ENV = dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin")


# --- the workload, as in disk_steps.c -----------------------------------------------------

def kind(s):
    return "remove" if s % 7 == 3 else "add" if s % 3 == 1 else "replace"


def contents(s):
    size, x = 64 + s * 7919 % 40000, (s * 2654435761 + 1) & 0xffffffff
    out = bytearray(b"cella step %08u\n" % s)
    while len(out) < size:
        x = (x * 1664525 + 1013904223) & 0xffffffff
        out.append(97 + (x >> 24) % 26)
    return bytes(out)


def states(steps):
    """Entry s: {name: contents} after step s."""
    now, all_states = {}, [{}]
    for s in range(1, steps + 1):
        name = str(s % FILES)
        if kind(s) == "replace":
            now[name] = contents(s)
        elif kind(s) == "add":
            now[name] = now.get(name, b"") + contents(s)
        else:
            now.pop(name, None)
        all_states.append(dict(now))
    return all_states


# --- one run of the machine ---------------------------------------------------------------

def conf(platform):
    """What run.conf says: kernel, firmware, machine, cpu, emulator."""
    return dict(word.split("=", 1) for word in shlex.split((BUILD / platform / "run.conf").read_text()))


def run_machine(platform, image, log):
    """The program's machine, with a disk that logs."""
    c = conf(platform)
    log.touch()
    disk = (f"driver=blklogwrites,node-name=hd0,file.driver=raw,file.file.driver=file,"
            f"file.file.filename={image},log.driver=file,log.filename={log}")
    command = [c["emulator"], "-M", c["machine"], "-cpu", c["cpu"], "-bios", c["firmware"], "-kernel",
               c["kernel"], "-m", "128m", "-no-reboot", "-display", "none", "-monitor", "none", "-nic", "none",
               "-serial", "stdio", "-global", "virtio-mmio.force-legacy=false", "-blockdev", disk, "-device",
               "virtio-blk-device,drive=hd0", "-device", "virtio-rng-device", "-append", f"arg={STEPS}"]
    p = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       timeout=LIMIT)
    if b"%d steps are on the disk" % STEPS not in p.stdout:
        sys.exit(f"{platform}: the program did not end well\n{p.stdout[-2000:].decode('utf-8', 'replace')}")


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
        if length:
            entries.append((where * sector, raw[at:at + length * sector]))
            at += length * sector
        if flags & FLUSH:
            entries.append((None, b""))
    return entries


def steps_begun(entries):
    """Entry k: the highest step whose contents were written before entry k."""
    begun, highest = [], 0
    for _, data in entries:
        begun.append(highest)
        at = data.find(TAG)
        while at >= 0:
            number = data[at + len(TAG):at + len(TAG) + 8]
            if number.isdigit():
                highest = max(highest, int(number))
            at = data.find(TAG, at + 1)
    return begun + [highest]


# --- cuts -----------------------------------------------------------------------------------

def image_at(before, entries, cut, chance):
    """chance: of a write since the last flush to have reached the disk."""
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


def e2fsck(option, path):
    p = subprocess.run(["e2fsck", option, path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, env=ENV, errors="replace")
    return p.returncode, p.stdout


def files_in(path, folder):
    """What /data holds; None: it is not there."""
    out = pathlib.Path(folder) / "out"
    subprocess.run(["rm", "-rf", out], check=True)
    out.mkdir()
    subprocess.run(["debugfs", "-R", f"rdump /data {out}", path], stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, env=ENV, check=True)
    data = out / "data"
    return {f.name: f.read_bytes() for f in data.iterdir()} if data.is_dir() else None


def acceptable(found, old, new):
    """Of a file that the step under way changes: as before, as after, or, where bytes are added, so long as nothing
    of the old ones is lost: what was not synced may be there in part, or read as zeros."""
    if found in (old, new):
        return True
    old, found = old or b"", found or b""
    return new is not None and new.startswith(old) and len(old) <= len(found) <= len(new) and \
        found.startswith(old)


def complaint(found, after, step):
    """None, or what is lost: after[step] was on the disk, and the next step may be under way. The one behind
    it, too, if that removes a file: it has no contents by which it would be seen."""
    if found is None:
        return None if step == 0 else "/data is not there"
    found.pop("new", None)
    last = min(step + 1, len(after) - 1)
    if last + 1 < len(after) and kind(last + 1) == "remove":
        last += 1
    for name in {str(i) for i in range(FILES)} | set(found):
        old = after[step].get(name)
        if not any(acceptable(found.get(name), old, after[s].get(name)) for s in range(step, last + 1)):
            return f"/data/{name}: {len(found.get(name) or b'')} bytes are not those of steps {step} to {last}" \
                   f" ({len(old or b'')} bytes)"
    return None


def judge(image, folder, after, step):
    path = pathlib.Path(folder) / "cut.img"
    path.write_bytes(image)
    status, text = e2fsck("-fy", path)
    if status not in (0, 1):
        return f"e2fsck -fy cannot mend it ({status})\n{text}"
    status, text = e2fsck("-fn", path)
    if status:
        return f"e2fsck -fn still finds\n{text}"
    return complaint(files_in(path, folder), after, step)


def run_platform(platform, cuts, folder):
    """Returns how many cuts were bad."""
    image, log = pathlib.Path(folder) / f"{platform}.img", pathlib.Path(folder) / f"{platform}.log"
    source = BUILD / "test/guest/disk_steps.img"
    subprocess.run(["cp", "--sparse=always", source, image], check=True)
    run_machine(platform, image, log)
    entries, before, after = read_log(log), source.read_bytes(), states(STEPS)
    begun, bad = steps_begun(entries), 0
    status, text = e2fsck("-fn", image)
    print(f"{'not ok' if status else 'ok'} {platform}: after a clean stop e2fsck finds nothing")
    if status:
        print(text)
    for n in range(cuts):
        cut = random.randint(1, len(entries))
        # Whatever step's contents were seen, the one before it was on the disk.
        trouble = judge(image_at(before, entries, cut, (0, 1, 0.5, 0.9)[n % 4]), folder, after,
                        max(begun[cut] - 1, 0))
        if trouble:
            bad += 1
            print(f"# {platform}: cut before entry {cut} of {len(entries)}: {trouble}")
    print(f"{'not ok' if bad else 'ok'} {platform}: {cuts} cuts lose nothing that was synced")
    print(f"# total {platform}: {cuts} cuts of {len(entries)} writes and flushes, {bad} bad")
    return bad + (1 if status else 0)


def main():
    cuts = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    random.seed(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    with tempfile.TemporaryDirectory(prefix="cella-crash.") as folder:
        bad = 0
        for platform in PLATFORMS:
            print(f"# group {platform}")
            bad += run_platform(platform, cuts, folder)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
