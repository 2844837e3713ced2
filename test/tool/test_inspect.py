# SPDX-License-Identifier: Apache-2.0
"""`cella inspect`: what it tells of programs, manifests, folders and images, good and bad ones."""

import json
import os
import re
import struct
import subprocess

from harness import claim, test
from images import GUESTS, SBIN, bring, build, debugfs, write

SUPER = 1024  # where the superblock begins


def spoil(image, offset, mask=0xff, length=1):
    with open(image, "r+b") as f:
        f.seek(offset)
        old = f.read(length)
        f.seek(offset)
        f.write(bytes(b ^ mask for b in old))


# --- programs ---------------------------------------------------------------------------

@test
def a_static_program_needs_nothing(context):
    bring(context, "greet-static")
    run = context.cella("inspect", "greet-static").succeeds(
        "greet-static: static program for riscv64", "entry: 0x", "r-x", "rw-").does_not_say("needs:")
    claim(len(re.findall(r"^ +0x[0-9a-f]+ +r", run.output, re.M)) == 2, f"not two segments:\n{run}")


@test
def a_dynamic_program_is_told_with_where_its_libraries_come_from(context):
    bring(context, "greet")
    run = context.cella("inspect", "greet").succeeds(
        "greet: position-independent program for riscv64",
        "/usr/riscv64-linux-gnu/lib/ld-linux-riscv64-lp64d.so.1 (for /usr/bin/greet)",
        "/usr/riscv64-linux-gnu/lib/libc.so.6 (for /usr/bin/greet)")
    claim(len(re.findall("^ +libc.so.6 ", run.output, re.M)) == 1, f"it is not told once:\n{run}")


@test
def a_missing_library_is_told_and_is_a_failure(context):
    bring(context, "greet-own")
    context.cella("inspect", "greet-own").fails(
        "library folders (RUNPATH): $ORIGIN/../own", "libown.so.1                  missing (for /usr/bin/greet-own)",
        "greet-own needs what is not in /usr/riscv64-linux-gnu", "--root")
    write(context, "root/usr/own/libown.so.1", (GUESTS / "libown.so.1").read_bytes())
    context.cella("inspect", "--root", "root", "greet-own").fails("root/usr/own/libown.so.1 (for /usr/bin/greet-own)",
                                                                  "libc.so.6                    missing")


@test
def a_library_is_told_from_a_program(context):
    bring(context, "libown.so.1")
    context.cella("inspect", "libown.so.1").succeeds("libown.so.1: shared library", "name: libown.so.1")


@test
def a_foreign_program_is_refused_by_inspect(context):
    spoilt = bytearray((GUESTS / "greet-static").read_bytes())
    spoilt[18:20] = struct.pack("<H", 183)
    write(context, "foreign", bytes(spoilt))
    context.cella("inspect", "foreign").fails("foreign is a program for arm64; Cella runs riscv64")


@test
def a_script_is_told_with_its_reader(context):
    write(context, "hello", "#!/bin/reader -x\n")
    context.cella("inspect", "hello").succeeds("hello: script for /bin/reader\n")


# --- manifests and folders --------------------------------------------------------------

@test
def a_manifest_is_told_with_every_file_of_the_image(context):
    bring(context, "greet")
    write(context, "etc/motd", "hello")
    write(context, "m.json", json.dumps({"Program": "greet", "Files": ["etc/motd"]}))
    context.cella("inspect", "m.json").succeeds(
        '"Program": "/greet"', "/.cella/manifest.json 0644 made (the manifest)", "/etc/motd 0644 ",
        "(Files)", "/usr/lib/libc.so.6 0755 /usr/riscv64-linux-gnu/lib/libc.so.6 (needed by /greet)",
        "/bin -> usr/bin (every image)")
    claim(not list(context.folder.glob("*.img")), "it made an image")


@test
def a_bad_manifest_is_refused_by_inspect(context):
    write(context, "m.json", '{"Program": 7}')
    context.cella("inspect", "m.json").fails('m.json:1:13: "Program" must be a string')


@test
def a_folder_is_told_with_its_files(context):
    write(context, "root/.cella/manifest.json", '{"Program": "/one"}')
    write(context, "root/one", "text", 0o700)
    context.cella("inspect", "root").succeeds("/one 0700 root/one (the root)")


# --- images -----------------------------------------------------------------------------

@test
def an_image_is_told(context):
    bring(context, "greet")
    write(context, "other.json", '{"Program": "/bin/greet", "Args": ["g", "x"], "Env": {"A": "1"}, "Cwd": "/tmp",'
                                 ' "RunConfig": {"Memory": "64m"}}')
    build(context, "--also", "other.json", "greet")
    run = context.cella("inspect", "x.img").succeeds(
        'x.img: ext4, label "cella", UUID ce11a000-0000-4000-8000-000000000001',
        "features: has_journal ext_attr dir_index filetype extent 64bit flex_bg",
        '/.cella/manifest.json: /bin/greet "greet"\n',
        '/.cella/other.json: /bin/greet "g" "x", memory 64m, in /tmp, with A=1\n',
        "/bin/greet: position-independent program for riscv64",
        "interpreter: /lib/ld-linux-riscv64-lp64d.so.1").does_not_say("/etc/passwd")
    size = re.search(r"size: (\d+) KiB, (\d+) KiB free", run.output)
    claim(int(size[1]) * 1024 == (context.folder / "x.img").stat().st_size, f"wrong size\n{run}")
    free = int(re.search(r"Free blocks: +(\d+)", debugfs(context.folder / "x.img", "stats"))[1])
    claim(int(size[2]) == free * 4, f"wrong free space\n{run}")
    context.cella("inspect", "-l", "x.img").succeeds("-0644         82 /etc/passwd")


@test
def looking_at_an_image_leaves_it_as_it_is(context):
    bring(context, "greet-static")
    image = build(context, "greet-static")
    before = image.read_bytes()
    image.chmod(0o444)
    context.cella("inspect", "-l", "x.img").succeeds()
    claim(image.read_bytes() == before, "it changed")


@test
def a_feature_that_the_kernel_does_not_take_is_named(context):
    write(context, "root/.cella/manifest.json", '{"Program": "/one"}')
    write(context, "root/one", "text")
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-O", "inline_data,^has_journal", "-d", "root", "x.img", "8M"],
                   cwd=context.folder, check=True, env=dict(os.environ, PATH=SBIN), stdout=subprocess.DEVNULL)
    context.cella("inspect", "x.img").fails("the kernel does not mount it, because of the feature inline_data",
                                            "cella build")


@test
def a_damaged_superblock_is_an_error(context):
    bring(context, "greet-static")
    image = build(context, "greet-static")
    spoil(image, SUPER + 0x68)  # the UUID, under the checksum
    context.cella("inspect", "x.img").fails("x.img has a damaged superblock: ", "e2fsck -fn")


@test
def a_damaged_folder_is_an_error(context):
    bring(context, "greet-static")
    image = build(context, "greet-static")
    block = int(debugfs(image, "blocks /usr").split()[0])
    spoil(image, block * 4096 + 40)
    context.cella("inspect", "x.img").fails("x.img is damaged: the folder /usr/ cannot be read: ")


@test
def a_damaged_program_is_an_error(context):
    bring(context, "greet-static")
    image = build(context, "greet-static")
    block = int(debugfs(image, "blocks /usr/bin/greet-static").split()[0])
    spoil(image, block * 4096 + 18)  # the machine
    context.cella("inspect", "x.img").fails("x.img: /bin/greet-static is a program for machine number")


@test
def an_image_cut_off_is_an_error(context):
    bring(context, "greet-static")
    image = build(context, "greet-static")
    size = image.stat().st_size
    os.truncate(image, size - 4096)
    context.cella("inspect", "x.img").fails(f"x.img is cut off: it has {size - 4096} of {size} bytes")
    os.truncate(image, 40960)
    context.cella("inspect", "x.img").fails("x.img")
    os.truncate(image, 1100)
    context.cella("inspect", "x.img").fails("x.img")


@test
def an_image_without_a_manifest_or_with_a_bad_one_is_an_error(context):
    bring(context, "greet-static")
    image = build(context, "greet-static")
    debugfs(image, "rm /.cella/manifest.json", write_to_it=True)
    context.cella("inspect", "x.img").fails("x.img has no /.cella/manifest.json")
    write(context, "bad", '{"Programme": 1}')
    debugfs(image, f"write {context.folder}/bad /.cella/manifest.json", write_to_it=True)
    context.cella("inspect", "x.img").fails('/.cella/manifest.json:1:2: unknown key "Programme"', '"Program"')


@test
def an_image_whose_program_is_not_there_is_an_error(context):
    bring(context, "greet-static")
    image = build(context, "greet-static")
    debugfs(image, "rm /usr/bin/greet-static", write_to_it=True)
    context.cella("inspect", "x.img").fails("x.img: the program /bin/greet-static cannot be read")


@test
def any_spoilt_block_of_metadata_does_no_harm(context):
    bring(context, "greet-static")
    image = build(context, "greet-static")
    good = image.read_bytes()
    for block in range(40):
        for offset, length in ((0, 4096), (128, 4), (256 * 11 + 40, 12)):
            image.write_bytes(good)
            spoil(image, block * 4096 + offset, length=length)
            run = context.cella("inspect", "-l", "x.img")
            claim(run.status in (0, 1), f"block {block}, offset {offset}: status {run.status}\n{run}")
