# SPDX-License-Identifier: Apache-2.0
"""Images for the boot tests: whole ones by `cella build`, and ways to spoil them."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from harness import BUILD, OUT, ROOT

BLOCK = 4096
ENVIRONMENT = dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin")


def act():
    """The test program's bytes."""
    return (OUT / "act").read_bytes()


def busybox():
    """Debian's static BusyBox, out of test/app's image."""
    with tempfile.NamedTemporaryFile() as file:
        debugfs(BUILD / "images/busybox.img", f"dump /usr/bin/busybox {file.name}")
        return file.read()


def tool(*command):
    p = subprocess.run([str(c) for c in command], capture_output=True, text=True, cwd=ROOT,
                       env=ENVIRONMENT, stdin=subprocess.DEVNULL)
    if p.returncode:
        raise RuntimeError(f"{command[0]} failed: {p.stdout}{p.stderr}")
    return p.stdout


def manifest(*args, program="/bin/act", **more):
    return json.dumps({"Program": program, "Args": [pathlib.PurePath(program).name, *args], **more})


def fill(root, files, text):
    """Lay out files (path: bytes, or str for a link's target) and a manifest below root."""
    for path, content in files.items():
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            place.symlink_to(content)
        elif content is None:
            place.mkdir()
        else:
            place.write_bytes(content)
            place.chmod(0o755)
    place = root / ".cella/manifest.json"
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(text if isinstance(text, bytes) else text.encode())


def with_root(use, files, text):
    """use(folder) with a folder that is there as long."""
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=OUT, prefix="root.") as folder:
        root = pathlib.Path(folder)
        root.chmod(0o755)
        fill(root, files, text)
        use(root)


def make(path, files=None, text=None):
    """A whole image: act, which ends with status 0, if nothing else is said."""
    files = {"/bin/act": act()} if files is None else files
    with_root(lambda root: tool(BUILD / "bin/cella", "build", "-o", path, root), files,
              text or manifest("exit", "0"))


def builder(*args, **named):
    return lambda path: make(path, *args, **named)


def make_by_mke2fs(path, *options, size="16M"):
    """The same content on a file system that mke2fs makes as options say."""
    with_root(lambda root: tool("mke2fs", "-q", "-F", *options, "-d", root, path, size),
              {"/bin/act": act()}, manifest("exit", "0"))


def debugfs(path, request, write=False):
    return tool("debugfs", *(["-w"] if write else []), "-R", request, path)


def spoil(path, offset, mask=0x01):
    """Turn over bits of one byte."""
    with open(path, "r+b") as f:
        f.seek(offset)
        byte = f.read(1)[0]
        f.seek(offset)
        f.write(bytes([byte ^ mask]))


def cut(path, length):
    os.truncate(path, length)


def copy(source, path):
    shutil.copyfile(source, path)


def inode_offset(path, name):
    """Where an inode lies in the image."""
    text = debugfs(path, f"imap {name}")
    block, offset = re.search(r"located at block (\d+), offset (0x[0-9a-f]+)", text).groups()
    return int(block) * BLOCK + int(offset, 16)


def first_block(path, name):
    """Where a file's or folder's first block of data lies."""
    return int(debugfs(path, f"blocks {name}").split()[0]) * BLOCK


def extent_block(path, name):
    """Where the first block of a file's extent tree lies, outside of its inode."""
    return int(re.search(r"\(ETB0\):(\d+)", debugfs(path, f"stat {name}")).group(1)) * BLOCK
