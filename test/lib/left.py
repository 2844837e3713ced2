# SPDX-License-Identifier: Apache-2.0
"""What a program left on its disk: the files of an ext4 image that are not as they were before, as debugfs
sees them. One line for each, ordered by path:

    + /work/a file 100644 0:0 links 1 size 5 sha256 2cf24dba5fb0a30e user.a="value"
    - /work/b directory 40755 0:0 links 2

Times are left out, and the sizes of directories, which are the file system's own business.
"""

import hashlib
import os
import pathlib
import re
import subprocess
import tempfile

ROOT_INODE = 2
ENV = dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin", DEBUGFS_PAGER="cat")
ENTRY = re.compile(rb"/(\d+)/(\d+)/(\d+)/(\d+)/([^/\n]*)/(\d*)/")
KINDS = {0o04: "directory", 0o10: "file", 0o12: "link", 0o01: "fifo", 0o14: "socket", 0o02: "character device",
         0o06: "block device"}


class Unreadable(Exception):
    """debugfs cannot read the image."""


def ask(image, requests):
    """debugfs's answer to each request, bytes."""
    with tempfile.NamedTemporaryFile("w", suffix=".debugfs") as script:
        script.write("".join(f"{r}\n" for r in requests))
        script.flush()
        p = subprocess.run(["debugfs", "-f", script.name, image], stdin=subprocess.DEVNULL, env=ENV,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    answers = re.split(rb"^debugfs: .*\n", p.stdout, flags=re.M)[1:]
    if p.returncode or len(answers) != len(requests):
        raise Unreadable(f"debugfs cannot read {image}")
    return answers


def walk(image):
    """{path: (inode, mode, uid, gid, size)} of all files, as bytes and numbers; size is that of a file."""
    found, folders = {}, [(b"", ROOT_INODE)]
    while folders:
        answers = ask(image, [f"ls -p <{inode}>" for _, inode in folders])
        below = []
        for (folder, _), answer in zip(folders, answers):
            for inode, mode, uid, gid, name, size in ENTRY.findall(answer):
                if name in (b".", b"..") or inode == b"0":    # 0: nothing, or a checksum
                    continue
                path, mode = folder + b"/" + name, int(mode, 8)
                found[path] = (int(inode), mode, int(uid), int(gid), int(size or 0))
                if mode >> 12 == 0o04:
                    below.append((path, int(inode)))
        folders = below
    return found


def contents(image, inodes):
    """{inode: the first half of its contents' hash}"""
    with tempfile.TemporaryDirectory() as scratch:
        place = pathlib.Path(scratch)
        ask(image, [f"dump <{inode}> {place / str(inode)}" for inode in inodes])
        return {inode: hashlib.sha256((place / str(inode)).read_bytes()).hexdigest()[:16] for inode in inodes}


def field(pattern, stat):
    found = re.search(pattern, stat)
    return found.group(1).decode("utf-8", "backslashreplace") if found else None


def attributes(answer):
    """The extended attributes, ordered by name."""
    return sorted(f"{name.decode()}={value.decode('utf-8', 'backslashreplace')}"
                  for name, value in re.findall(rb"^  (\S+) \(\d+\) = (.*)$", answer, re.M))


def files(image):
    """{path: what there is to say of it}"""
    found = walk(image)
    inodes = sorted({inode for inode, *_ in found.values()})
    stats = dict(zip(inodes, ask(image, [f"stat <{inode}>" for inode in inodes])))
    lists = dict(zip(inodes, ask(image, [f"ea_list <{inode}>" for inode in inodes])))
    hashes = contents(image, sorted({inode for inode, mode, *_ in found.values() if mode >> 12 in (0o10, 0o12)}))
    described = {}
    for path, (inode, mode, uid, gid, size) in found.items():
        kind = KINDS.get(mode >> 12, "strange thing")
        words = [kind, f"{mode:o}", f"{uid}:{gid}", "links", field(rb"Links: (\d+)", stats[inode])]
        if kind in ("file", "link"):
            target = field(rb'Fast link dest: "(.*)"', stats[inode])
            words += [f"size {size}", f"to {target}" if target is not None else f"sha256 {hashes[inode]}"]
        if "device" in kind:
            words += ["number", field(rb"number: (\S+)", stats[inode])]
        described[path] = " ".join([*words, *attributes(lists[inode])])
    return described


def changes(before, after):
    """What is in the image after and was not in the image before, and the reverse: text."""
    old, new = files(before), files(after)
    lines = []
    for path in sorted(set(old) | set(new)):
        shown = path.decode("utf-8", "backslashreplace")
        if path in old and old[path] != new.get(path):
            lines.append(f"- {shown} {old[path]}\n")
        if path in new and new[path] != old.get(path):
            lines.append(f"+ {shown} {new[path]}\n")
    return "".join(lines)
