# SPDX-License-Identifier: Apache-2.0
"""Programs that cannot be run: the line names the file and what is wrong with it."""

import struct

import images
from harness import NOT_EXECUTABLE, NOT_FOUND, add, test

PATH = "/bin/act"
PT_LOAD, PT_INTERP = 1, 3
R, W, X = 4, 2, 1
PAGE = 4096
BASE = 0x10000
KERNEL = 0xF0_8020_0000  # where the kernel's image is


def refused(name, files, pattern, status=NOT_EXECUTABLE, program=PATH):
    def run(t):
        build = images.builder(files() if callable(files) else files,
                               images.manifest("exit", "0", program=program))
        t.boot(t.image(build)).refused(status, pattern)
    add(name, run)


# --- no program --------------------------------------------------------------------------

refused("a_program_that_is_missing_is_named", {"/bin/other": b""}, r"^/bin/act: no such file",
        NOT_FOUND)
refused("a_program_below_a_file_is_named", {"/bin": b""}, r"^/bin/act: .*no directory", NOT_FOUND)
refused("a_program_that_is_a_directory_is_named", {"/bin/act/x": b""},
        r"^/bin/act: .*(directory|regular file)")
refused("a_program_that_is_a_link_to_itself_is_named", {"/bin/act": "act"},
        r"^/bin/act: too many symbolic links")
refused("a_program_that_is_a_link_to_nothing_is_named", {"/bin/act": "nothing"},
        r"^/bin/act: no such file", NOT_FOUND)
refused("a_program_that_is_empty_is_named", {PATH: b""}, r"^/bin/act: .*empty")
refused("a_script_whose_interpreter_is_missing_is_named", {PATH: b"#!/bin/sh\nexit 0\n"},
        r"^/bin/act: its interpreter /bin/sh: no such file", NOT_FOUND)
refused("a_script_that_names_no_interpreter_is_named", {PATH: b"#! \nexit 0\n"},
        r"^/bin/act: .*script.*names no interpreter")
refused("a_script_with_an_endless_interpreter_is_named", {PATH: b"#!/" + 300 * b"x" + b"\n"},
        r"^/bin/act: .*script.*too long")
refused("a_script_that_runs_itself_is_named", {PATH: b"#!/bin/act\n"},
        r"^/bin/act: its interpreter /bin/act: .*script")
refused("a_program_that_is_text_is_named", {PATH: b"hello\n"}, r"^/bin/act: .*no ELF")


@test
def a_program_that_is_not_executable_is_named(t):
    def build(path):
        images.make(path)
        images.debugfs(path, "set_inode_field /bin/act mode 0100644", write=True)
    t.boot(t.image(build)).refused(NOT_EXECUTABLE, r"^/bin/act: .*not executable")


# --- ELF files ---------------------------------------------------------------------------

def segment(kind=PT_LOAD, flags=R | X, offset=0, vaddr=BASE, filesz=PAGE, memsz=PAGE, align=PAGE):
    return struct.pack("<IIQQQQQQ", kind, flags, offset, vaddr, vaddr, filesz, memsz, align)


def elf(*segments, machine=243, elf_class=2, data=1, kind=2, entry=BASE + 0x800, phoff=64,
        phnum=None, phentsize=56, tail=b"", pages=2):
    """A program of one page of headers and code, that ends with status 0, and what is behind it."""
    phnum = len(segments) if phnum is None else phnum
    ident = bytes([0x7F, *b"ELF", elf_class, data, 1, 0]) + bytes(8)
    header = ident + struct.pack("<HHIQQQIHHHHHH", kind, machine, 1, entry, phoff, 0, 0, 64,
                                 phentsize, phnum, 0, 0, 0)
    # li a7, 93; li a0, 0; ecall
    code = struct.pack("<III", 0x05D00893, 0x00000513, 0x00000073)
    image = (header + b"".join(segments)).ljust(0x800, b"\0") + code
    return (image.ljust(0xC00, b"\0") + tail).ljust(pages * PAGE, b"\0")


def elf_refused(name, pattern, *segments, **fields):
    refused(name, {PATH: elf(*(segments or (segment(),)), **fields)}, r"^/bin/act: .*" + pattern)


@test
def the_program_that_these_tests_spoil_runs(t):
    t.boot(t.image(images.builder({PATH: elf(segment())}))).ran("")


elf_refused("a_program_for_x86_64_is_named", "x86-64", machine=62)
elf_refused("a_program_for_arm64_is_named", "arm64", machine=183)
elf_refused("a_32_bit_program_is_named", "32-bit", elf_class=1)
elf_refused("a_big_endian_program_is_named", "big-endian", data=2)
elf_refused("an_object_file_is_named", "not linked", kind=1)
elf_refused("a_core_dump_is_named", "core dump", kind=4)
elf_refused("program_headers_of_a_wrong_size_are_named", "program headers", phentsize=32)
elf_refused("program_headers_beyond_the_file_are_named", "program headers", phoff=1 << 40)
elf_refused("program_headers_at_the_end_of_numbers_are_named", "program headers",
            phoff=(1 << 64) - 8)
elf_refused("no_program_headers_are_named", "no program headers", phnum=0)
elf_refused("too_many_program_headers_are_named", "program headers", phnum=65534)
elf_refused("a_segment_at_the_end_of_numbers_is_named", "segment",
            segment(), segment(vaddr=(1 << 64) - PAGE, memsz=2 * PAGE))
elf_refused("a_segment_whose_offset_overflows_is_named", "segment",
            segment(), segment(vaddr=BASE + PAGE, offset=(1 << 64) - PAGE))
elf_refused("a_segment_of_endless_length_is_named", "segment",
            segment(), segment(vaddr=BASE + PAGE, memsz=(1 << 64) - 1))
elf_refused("a_segment_larger_in_the_file_is_named", "larger in the file",
            segment(), segment(vaddr=BASE + PAGE, filesz=PAGE, memsz=PAGE // 2))
elf_refused("a_segment_beyond_the_file_is_named", "beyond the end of the file",
            segment(), segment(vaddr=BASE + PAGE, offset=PAGE, filesz=2 * PAGE, memsz=2 * PAGE))
elf_refused("overlapping_segments_are_named", "overlap",
            segment(memsz=2 * PAGE), segment(vaddr=BASE + PAGE, flags=R | W))
elf_refused("descending_segments_are_named", "ascending",
            segment(), segment(vaddr=BASE - PAGE, flags=R | W))
elf_refused("a_segment_over_the_kernel_is_named", "outside the address space",
            segment(), segment(vaddr=KERNEL, flags=R | W))
elf_refused("a_segment_across_the_end_of_user_space_is_named", "outside the address space",
            segment(), segment(vaddr=0xF0_0000_0000 - PAGE, memsz=2 * PAGE, flags=R | W))
elf_refused("a_segment_over_the_stack_is_named", "stack",
            segment(), segment(vaddr=0xF0_0000_0000 - 16 * PAGE, flags=R | W))
elf_refused("a_segment_at_address_0_is_named", "lowest address", segment(vaddr=0), entry=0x800)
elf_refused("a_segment_that_cannot_be_mapped_is_named", "within a page",
            segment(), segment(vaddr=BASE + PAGE + 8, flags=R | W))
elf_refused("an_odd_alignment_is_named", "alignment", segment(align=3))
elf_refused("a_program_without_segments_is_named", "no loadable segment",
            segment(kind=4))
elf_refused("an_entry_point_outside_is_named", "entry point", entry=0xDEAD0000)
elf_refused("an_entry_point_in_data_is_named", "entry point",
            segment(), segment(vaddr=BASE + PAGE, flags=R | W), entry=BASE + PAGE)

for length in (1, 4, 63, 64, 100, 64 + 56 - 1):
    refused(f"a_program_cut_after_{length}_bytes_is_named", {PATH: elf(segment())[:length]},
            r"^/bin/act: .*(ends within|truncated|no ELF)")


@test
def a_real_program_cut_in_half_is_named(t):
    def build(path):
        whole = images.act()
        images.make(path, {PATH: whole[:len(whole) // 2]})
    t.boot(t.image(build)).refused(NOT_EXECUTABLE, r"^/bin/act: truncated")


# --- interpreters ------------------------------------------------------------------------

def interp(name, files=None, filesz=None):
    image = elf(segment(), segment(kind=PT_INTERP, offset=0xC00, vaddr=BASE + 0xC00,
                                   filesz=filesz if filesz is not None else len(name),
                                   memsz=len(name), align=1), tail=name)
    return {PATH: image, **(files or {})}


refused("an_unterminated_interpreter_is_named", interp(b"/lib/ld.so"), "^/bin/act: .*interpreter")
refused("an_interpreter_with_a_zero_in_it_is_named", interp(b"/lib\0/ld.so\0"),
        "^/bin/act: .*interpreter")
refused("an_interpreter_without_a_name_is_named", interp(b"\0"), "^/bin/act: .*interpreter")
refused("an_interpreter_of_endless_length_is_named", interp(b"/lib/ld.so\0", filesz=(1 << 64) - 1),
        "^/bin/act: .*interpreter")
refused("an_interpreter_at_a_relative_path_is_named", interp(b"lib/ld.so\0"),
        "^/bin/act: .*interpreter")
refused("an_interpreter_that_is_missing_is_named", interp(b"/lib/ld.so\0"),
        r"(?=.*/bin/act)(?=.*/lib/ld\.so)(?=.*no such file)", NOT_FOUND)
refused("an_interpreter_for_another_machine_is_named",
        interp(b"/lib/ld.so\0", {"/lib/ld.so": elf(segment(), machine=62)}),
        r"(?=.*/bin/act)(?=.*/lib/ld\.so)(?=.*x86-64)")
refused("an_interpreter_that_is_a_script_is_named",
        interp(b"/lib/ld.so\0", {"/lib/ld.so": b"#!/bin/act\n" + 64 * b"#"}),
        r"^/bin/act: its interpreter /lib/ld\.so: this is a script")
refused("an_interpreter_with_an_interpreter_is_named",
        interp(b"/lib/ld.so\0", {"/lib/ld.so": interp(b"/lib/ld.so\0")[PATH]}),
        r"/lib/ld\.so.*interpreter")
