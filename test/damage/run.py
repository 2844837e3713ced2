#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Boot the kernel from damaged disks, and see that it stays alive.

test/guest/disk_walk.c looks at everything on its disk and changes a little in every directory. Its image, with some
more directories, is damaged in a few places that mean something: superblock, group descriptors, bitmaps, inodes,
directories, extents, hash trees, the journal. Half of the images have no checksums, so that damage is not found
by them. The machine must come to an end by itself, without a panic: with the program's line, with its death by
a damaged byte of its own, or with a message that the disk cannot be mounted or the program not be run.

    run.py COUNT [SEED]             COUNT images on each platform
"""

import collections
import os
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build")).resolve()
PLATFORMS = sorted(p.parent.name for p in BUILD.glob("riscv64-*/run.conf"))
SOURCE = BUILD / "test/guest/disk_walk.img"
LIMIT = 120  # seconds; ends what hangs
ENV = dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin")
NUMBERS = [0, 1, 2, 8, 11, 12, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff]


def tool(*command, ok=(0,)):
    p = subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, env=ENV, text=True, errors="replace")
    if p.returncode not in ok:
        sys.exit(f"{command}: {p.stdout}")
    return p.stdout


def prepare(folder):
    """Two images with directories of many names: with checksums, and without."""
    sound, bare = folder / "sound.img", folder / "bare.img"
    script = ["mkdir /many", "mkdir /deep", "mkdir /deep/er", "symlink /deep/link many"]
    (folder / "small").write_text("small\n")
    script += [f'write {folder}/small "/many/a name of some length {i}"' for i in range(60)]
    script += [f'write {folder}/small "/deep/er/{i}"' for i in range(5)]
    (folder / "script").write_text("\n".join(script) + "\n")
    tool("cp", "--sparse=always", SOURCE, sound)
    tool("debugfs", "-w", "-f", folder / "script", sound)
    tool("e2fsck", "-fyD", sound, ok=(0, 1))
    tool("cp", "--sparse=always", sound, bare)
    tool("tune2fs", "-O", "^metadata_csum", bare)
    tool("e2fsck", "-fy", bare, ok=(0, 1))
    return sound, bare


# --- where things are -----------------------------------------------------------------------

class Places:
    """Of an image: (name, byte offset, length) of what is worth damaging."""

    def __init__(self, image):
        text = tool("dumpe2fs", image)
        self.block = int(re.search(r"Block size: +(\d+)", text)[1])
        self.inode_size = int(re.search(r"Inode size:\s+(\d+)", text)[1])
        self.all = [("superblock", 1024, 0x160)]
        first = 1 if self.block == 1024 else 0
        self.all.append(("descriptors", (first + 1) * self.block, 64))
        table = int(re.search(r"Inode table at (\d+)", text)[1])
        self.all.append(("block bitmap", int(re.search(r"Block bitmap at (\d+)", text)[1]) * self.block, 64))
        self.all.append(("inode bitmap", int(re.search(r"Inode bitmap at (\d+)", text)[1]) * self.block, 8))
        used = int(re.search(r"Inode count: +(\d+)", text)[1]) - int(re.search(r"Free inodes: +(\d+)", text)[1])
        for ino in [2, 8, *range(11, used + 1)]:
            self.all.append(("inode", table * self.block + (ino - 1) * self.inode_size, 0xa0))
        for path in ("/", "/many", "/deep", "/deep/er", "/bin", "<8>"):
            blocks = tool("debugfs", "-R", f"blocks {path}", image).split()
            numbers = [int(b) for b in blocks if b.isdigit()]
            for nr in numbers[:8]:
                if nr * self.block < image.stat().st_size:  # a short link's text is no block number
                    self.all.append(("journal" if path == "<8>" else "directory",
                                     nr * self.block, 160))

    def some(self):
        kinds = sorted({name for name, _, _ in self.all})
        kind = random.choice(kinds)
        return random.choice([place for place in self.all if place[0] == kind])


def damage(data, places):
    """Change data in a few places, and say how."""
    done = []
    for _ in range(random.randint(1, 4)):
        name, at, length = places.some()
        at += random.randrange(length) & ~1
        how = random.randrange(4)
        if how == 0:
            data[at] ^= 1 << random.randrange(8)
        elif how == 1:
            data[at:at + 4] = struct.pack("<I", random.choice(NUMBERS))
        elif how == 2:
            data[at:at + 2] = struct.pack("<H", random.choice(NUMBERS) & 0xffff)
        else:
            data[at:at + 4] = struct.pack("<I", random.randrange(len(data) // places.block))
        done.append(f"{name} at {at:#x}")
    return ", ".join(done)


# --- boots -----------------------------------------------------------------------------------

OUTCOMES = [  # the first that is found names the boot's end
    ("walked without errors", r"walked: .* 0 errors"),
    ("walked with errors", r"walked: "),
    ("not mounted", r"not mounted|cannot be mounted|no root file system"),
]


def boot(platform, image):
    """(how it ended, None or what is wrong)"""
    command = [BUILD / "bin/cella", "run", "-p", platform, image]
    try:
        p = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, timeout=LIMIT)
    except subprocess.TimeoutExpired as hung:
        return "hung", f"it did not end\n{(hung.stdout or b'')[-1500:].decode('utf-8', 'replace')}"
    text = p.stdout.decode("utf-8", "replace")
    if re.search(r"panic:|assertion failed|BUG", text):
        return "panic", text[-2500:]
    for name, pattern in OUTCOMES:
        if re.search(pattern, text):
            return name, None
    if p.returncode and text.strip():
        return "ended with a message", None
    return "silent", f"exit status {p.returncode}, and no message\n{text[-1500:]}"


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    bad = 0
    with tempfile.TemporaryDirectory(prefix="cella-damage.") as name:
        folder = pathlib.Path(name)
        images = [(image.read_bytes(), Places(image)) for image in prepare(folder)]
        for platform in PLATFORMS:
            print(f"# group {platform}")
            ends, wrong = collections.Counter(), 0
            for n in range(count):
                random.seed(f"{seed} {platform} {n}")
                before, places = images[n % 2]
                data = bytearray(before)
                where = damage(data, places)
                path = folder / "disk_damaged.img"
                path.write_bytes(data)
                end, trouble = boot(platform, path)
                ends[end] += 1
                if trouble:
                    wrong += 1
                    print(f"# {platform}, image {n} of seed {seed} ({where}): {trouble}")
            print(f"{'not ok' if wrong else 'ok'} {platform}: the machine survives {count} damaged disks")
            print(f"# total {platform}: " + ", ".join(f"{v} {k}" for k, v in sorted(ends.items())))
            bad += wrong
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
