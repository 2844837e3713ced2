# SPDX-License-Identifier: Apache-2.0
"""Disks that cannot be mounted, or are damaged: one line names what is wrong, and nothing runs."""

import images
from harness import NOT_EXECUTABLE, NOT_FOUND, add, claim, test


def refused(name, build, *patterns, status=NOT_EXECUTABLE):
    add(name, lambda t: t.boot(t.image(build)).refused(status, *patterns))


def no_image(name, build, *patterns):
    add(name, lambda t: t.boot_disk(t.image(build)).refused(NOT_EXECUTABLE, *patterns))


# --- too short ---------------------------------------------------------------------------

def blank(length):
    def build(path):
        path.touch()
        images.cut(path, length)
    return build


def truncated(length):
    """length of the image's own length."""
    def build(path):
        images.make(path)
        images.cut(path, length(path.stat().st_size))
    return build


no_image("a_disk_of_no_bytes_is_refused", blank(0), r"ext4 on \w+: .*disk is too small")
no_image("a_disk_of_one_sector_is_refused", blank(512), r"ext4 on \w+: .*disk is too small")
no_image("a_disk_of_zeros_is_refused", blank(8 << 20), r"no ext4 file system")
refused("an_image_cut_in_the_superblock_is_refused", truncated(lambda n: 1536),
        r"disk is too small")
refused("an_image_cut_behind_the_superblock_is_refused", truncated(lambda n: 4096),
        r"has \d+ blocks, but the disk only 1$")
refused("an_image_cut_in_the_inode_table_is_refused", truncated(lambda n: 40 * 4096),
        r"has \d+ blocks, but the disk only 40$")
refused("an_image_cut_in_half_is_refused", truncated(lambda n: n // 2),
        r"has \d+ blocks, but the disk only \d+$")
refused("an_image_less_its_last_sector_is_refused", truncated(lambda n: n - 512),
        r"has \d+ blocks, but the disk only \d+$")


@test
def a_machine_without_a_disk_is_refused(t):
    t.boot_bare("-m", "128m").refused(NOT_EXECUTABLE, r"no disk")


# --- not ours ----------------------------------------------------------------------------

def text_file(path):
    path.write_bytes(b"This is no file system.\n" * 4096)


no_image("a_disk_that_holds_something_else_is_refused", text_file, r"no ext4 file system")


def without_manifest(path):
    images.make(path)
    images.debugfs(path, "rm /.cella/manifest.json", write=True)


refused("an_image_without_a_manifest_is_refused", without_manifest,
        r"/\.cella/manifest\.json", status=NOT_FOUND)


# --- features ----------------------------------------------------------------------------

def needs_recovery(path):
    images.make_by_mke2fs(path, "-t", "ext4")
    images.debugfs(path, "feature needs_recovery", write=True)


def feature(name, options):
    refused(f"an_image_with_{name}_is_refused",
            lambda path: images.make_by_mke2fs(path, "-t", "ext4", *options),
            rf"not supported: (.*, )?{name}(,|$)")


refused("an_image_whose_journal_must_be_replayed_is_refused_on_a_read_only_disk", needs_recovery,
        r"its journal has to be written to it first, and the disk is read-only")
feature("inline_data", ["-O", "inline_data"])
feature("encrypt", ["-O", "encrypt"])
feature("casefold", ["-O", "casefold", "-E", "encoding=utf8"])
feature("meta_bg", ["-O", "meta_bg,^resize_inode"])
feature("ea_inode", ["-O", "ea_inode"])
feature("large_dir", ["-O", "large_dir"])
feature("metadata_csum_seed", ["-O", "metadata_csum,metadata_csum_seed"])
feature("mmp", ["-O", "mmp"])


def accepted(name, *options):
    def run(t):
        image = t.image(lambda path: images.make_by_mke2fs(path, *options))
        t.boot(image).ran("act exit\n")
    add(name, run)


accepted("an_image_as_mke2fs_makes_it_boots", "-t", "ext4")
accepted("an_image_with_1_KiB_blocks_boots", "-t", "ext4", "-b", "1024")
accepted("an_image_with_2_KiB_blocks_and_small_inodes_boots", "-t", "ext4", "-b", "2048", "-I", "128")
accepted("an_image_without_checksums_boots", "-t", "ext4", "-O", "^metadata_csum,^64bit")
accepted("an_ext3_image_boots", "-t", "ext3")
accepted("an_ext2_image_boots", "-t", "ext2")


# --- damaged -----------------------------------------------------------------------------

PROGRAM_LOST = r"^/bin/act: it cannot be read"
MANIFEST_LOST = r"/\.cella/manifest\.json cannot be opened"


def damaged(name, where, *patterns, files=None):
    """One byte at where(path) is wrong."""
    def build(path):
        images.make(path, files() if files else None)
        images.spoil(path, where(path))
    refused(name, build, *patterns)


def group_descriptor(path):
    return images.BLOCK + 8  # where it says where the inode table is


def scattered():
    """act with so many holes behind it that its extents need a block of their own."""
    whole = images.act()
    whole += bytes(-len(whole) % images.BLOCK)
    return {"/bin/act": whole + (bytes(images.BLOCK) + b"x" * images.BLOCK) * 8}


def extent_data(path):
    return images.extent_block(path, "/bin/act") + 12 + 8  # the first extent's start


damaged("a_damaged_superblock_is_named", lambda p: 1024 + 0x04, r"wrong checksum of the superblock")
damaged("a_damaged_group_descriptor_is_named", group_descriptor,
        r"wrong checksum of group descriptor 0 \(block 1\)")
damaged("a_damaged_root_inode_is_named", lambda p: images.inode_offset(p, "/") + 4,
        r"wrong checksum of inode 2$")
damaged("a_damaged_inode_of_the_program_is_named", lambda p: images.inode_offset(p, "/bin/act") + 4,
        r"wrong checksum of inode \d+$", PROGRAM_LOST)
damaged("a_damaged_inode_of_the_manifest_is_named",
        lambda p: images.inode_offset(p, "/.cella/manifest.json") + 4,
        r"wrong checksum of inode \d+$", MANIFEST_LOST)
damaged("a_damaged_root_directory_is_named", lambda p: images.first_block(p, "/") + 9,
        r"wrong checksum of block \d+ of directory 2$", MANIFEST_LOST)
damaged("a_damaged_directory_of_the_program_is_named", lambda p: images.first_block(p, "/bin") + 9,
        r"wrong checksum of block \d+ of directory \d+$", PROGRAM_LOST)
damaged("a_damaged_extent_block_is_named", extent_data,
        r"extent block \d+ of inode \d+ has a wrong checksum$", PROGRAM_LOST, files=scattered)


@test
def a_program_with_a_block_of_extents_runs(t):
    t.boot(t.image(images.builder(scattered()))).ran("act exit\n")


# --- the tool that makes images ----------------------------------------------------------

@test
def an_image_built_twice_has_the_same_bytes(t):
    one, two = t.image(images.make, "-1"), t.image(images.make, "-2")
    claim(one.read_bytes() == two.read_bytes(), "two images of one folder differ")


@test
def the_default_image_built_twice_has_the_same_bytes(t):
    def make(path):
        images.tool(images.BUILD / "bin/cella", "build", "--lock", "tools/packages/image.lock", "-o", path,
                    "tools/image/default/manifest.json")

    once, again = t.image(make), t.image(make, "-again")
    claim(once != again and once.read_bytes() == again.read_bytes(),
          "the default image differs from one made again")


@test
def a_new_image_is_whole_for_e2fsck(t):
    images.tool("e2fsck", "-fn", t.image(images.make))


@test
def a_run_leaves_the_image_as_it_was(t):
    image = t.image(images.make)
    before = image.read_bytes()
    t.boot(image).ran("act exit\n")
    claim(image.read_bytes() == before, "the image changed")
