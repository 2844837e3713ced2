# SPDX-License-Identifier: Apache-2.0
"""Machines of other shapes than `cella run` makes: memory, harts, devices."""

import os
import pathlib
import re
import shutil
import struct
import subprocess

import images
from harness import LIMIT, OUT, SIGNAL, add, claim, conf, test

SIGKILL = 9
RAN = "act exit\n"


def small(t, suffix="", *args):
    return t.image(images.builder(text=images.manifest(*(args or ("exit", "0")))), suffix)


def disk(image, *more):
    drive = ",".join([f"file={image}", "format=raw", "if=none", "id=hd0", *more])
    return ["-drive", drive, "-device", "virtio-blk-device,drive=hd0"]


MODERN = ["-global", "virtio-mmio.force-legacy=false"]
RNG = ["-device", "virtio-rng-device"]


# --- memory ------------------------------------------------------------------------------

for size in ("16m", "17m", "33m", "100m", "1g", "3g", "4g"):
    add(f"a_program_runs_in_{size}", lambda t, m=size: t.boot(small(t), memory=m).ran(RAN))


@test
def in_too_little_memory_there_is_a_clear_line_or_a_run(t):
    """Below 5 MiB QEMU itself finds no place for the device tree beside firmware and kernel, and
    says so; nothing of ours has run then."""
    image = small(t)
    ran = 0
    for kib in (1024, 2048, 3072, 4096, 4608, 5120, 5376, 6144, 7168, 8192, 12288):
        boot = t.boot(image, memory=f"{kib}k")
        if "regions overlap" in boot.stderr:
            claim(kib < 5120 and boot.status == 125, f"QEMU refuses {kib} KiB")
            continue
        if boot.status == 0:
            boot.ran(RAN)
            ran += 1
        else:
            boot.refused(126, r"memory")
    claim(ran > 0, "nothing ran at any size")


def described(t, kib):
    """A device tree of this machine, which has 128 MiB, with this much memory in it, from where the
    kernel is loaded. The emulator itself refuses so small a machine."""
    c = conf(t.platform)
    path = OUT / "images" / f"{t.platform}-{kib}.dtb"
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([c["emulator"], "-M", f"{c['machine']},dumpdtb={path}", "-cpu", c["cpu"], "-m", "128m",
                    "-display", "none", "-bios", c["firmware"], *MODERN], check=True, capture_output=True)
    blob, all_of_it = path.read_bytes(), struct.pack(">QQ", 0x80000000, 128 << 20)
    claim(blob.count(all_of_it) == 1, "the device tree describes memory in another way")
    path.write_bytes(blob.replace(all_of_it, struct.pack(">QQ", 0x80200000, kib << 10)))
    return path


def kernel_kib(platform):
    """What the kernel needs from where it is loaded, its zeroed data included."""
    elf = pathlib.Path(conf(platform)["kernel"]).read_bytes()
    (table,), (size, count) = struct.unpack_from("<Q", elf, 32), struct.unpack_from("<HH", elf, 54)
    parts = [struct.unpack_from("<IIQQQQQQ", elf, table + i * size) for i in range(count)]
    end = max(address + length for kind, _, _, _, address, _, length, _ in parts if kind == 1)
    return (end - 0x80200000 + 1023) // 1024


@test
def in_memory_that_the_kernel_hardly_fits_in_a_line_says_so(t):
    """From too little for the kernel's image on, in steps, to enough for the program."""
    image, refusals, least = small(t), set(), kernel_kib(t.platform) // 4 * 4
    for kib in (200, *range(least, least + 124, 4), least + 200, least + 300, least + 768):
        boot = t.boot_bare("-m", "128m", "-dtb", described(t, kib), *MODERN, *RNG, *disk(image))
        claim(boot.status is not None, f"still running after {LIMIT} seconds")
        if boot.output == RAN and not boot.kernel[1:]:
            continue
        said = " ".join(boot.kernel)
        claim(re.search(r"memory( |$|:)(?!model)", said), f"in {kib} KiB it says {boot.kernel!r}, ends with {boot.status}, and prints {boot.output!r}")
        claim("assertion" not in said, f"in {kib} KiB an assertion failed")
        refusals |= {line for line in boot.kernel if "not enough memory" in line or
                     "too little memory" in line}
    claim(len(refusals) > 1, f"it says no more than {refusals}")
    claim(boot.status == 0 and boot.output == RAN, "nothing ran in 768 KiB beside the kernel")


@test
def a_program_uses_most_of_a_small_memory(t):
    boot = t.boot(small(t, "", "touch", "10"), memory="16m")
    boot.ran("act touch\ntouched 10 MiB\n")


def killed_for_memory(t, memory):
    boot = t.boot(small(t, "", "hog"), memory=memory)
    boot.calm()
    lines = boot.complaints()
    claim(len(lines) == 2, f"{len(lines)} lines")
    claim(re.search(r"^  of \d+ KiB of memory \d+ are free, the largest piece has \d+; the map has \d+ ranges in "
                    r"\d+ KiB of tables$", lines[1]), f"the second line is {lines[1]!r}")
    claim(re.search(r"^act ended by signal 9 \(SIGKILL\): out of memory: it has \d+ MiB, and none is "
                    r"left for 0x\w+, in area \w+-\w+ rw-p", lines[0]), f"the line is {lines[0]!r}")
    claim(boot.output == "act hog\n", f"the output is {boot.output!r}")
    boot.ended(SIGNAL + SIGKILL)


for size in ("5m", "6m", "16m", "128m"):
    add(f"a_program_that_wants_more_than_{size}_is_killed",
        lambda t, m=size: killed_for_memory(t, m))


# --- harts -------------------------------------------------------------------------------

for harts in (2, 4, 8):
    add(f"a_machine_with_{harts}_harts_runs",
        lambda t, n=harts: t.boot(small(t), "-smp", str(n)).ran(RAN))


@test
def any_hart_may_boot(t):
    """The firmware picks the hart that wins a race; some runs of a few see another one than 0."""
    for _ in range(4):
        t.boot(small(t), "-smp", "4").ran(RAN)


# --- devices -----------------------------------------------------------------------------

@test
def a_disk_that_is_read_only_boots(t):
    t.boot_bare("-m", "64m", *MODERN, *RNG, *disk(small(t), "readonly=on")).ran(RAN)


@test
def an_image_that_may_only_be_read_boots_from_a_snapshot(t):
    t.boot_bare("-m", "64m", *MODERN, *RNG, *disk(small(t)), "-snapshot").ran(RAN)


@test
def without_an_entropy_device_there_is_a_warning_and_random_bytes_differ(t):
    boot = t.boot_bare("-m", "64m", *MODERN, *disk(small(t, "", "random")))
    boot.ran("act random\nrandom bytes differ\n", warnings=("there is no entropy device",))


@test
def random_bytes_differ_between_calls(t):
    t.boot(small(t, "", "random")).ran("act random\nrandom bytes differ\n")


@test
def legacy_virtio_devices_work(t):
    legacy = ["-global", "virtio-mmio.force-legacy=true"]
    t.boot_bare("-m", "64m", *legacy, *RNG, *disk(small(t, "", "random"))).ran(
        "act random\nrandom bytes differ\n")


@test
def the_first_of_two_disks_is_the_root(t):
    """Which one the kernel calls the first is the device tree's order: QEMU fills its slots from
    the last one."""
    other = t.image(images.builder({"/bin/act": b""}), "-other")
    extra = ["-drive", f"file={other},format=raw,if=none,id=hd1", "-device",
             "virtio-blk-device,drive=hd1"]
    t.boot_bare("-m", "64m", *MODERN, *RNG, *disk(small(t)), *extra).ran(RAN)


@test
def devices_that_the_kernel_does_not_know_are_left_alone(t):
    t.boot(small(t), "-device", "virtio-balloon-device", "-device", "virtio-serial-device",
           "-netdev", "user,id=n0,restrict=on", "-device", "virtio-net-device,netdev=n0").ran(RAN)


@test
def an_unknown_boot_argument_is_named(t):
    t.boot(small(t), arguments="verbos").ran(RAN, warnings=(r'boot argument "verbos" is unknown',))


def stock():
    path = os.environ["PATH"] + ":/usr/bin:/usr/local/bin"
    return shutil.which("qemu-system-riscv64", path=path)


def why_no_stock(platform):
    if platform != "riscv64-virt":
        return "needs the emulator's extension"
    return None if stock() else "no qemu-system-riscv64 is installed"


@test(unless=why_no_stock)
def a_stock_emulator_runs_page_tables(t):
    t.boot_bare("-m", "64m", *MODERN, *RNG, *disk(small(t)), emulator=stock()).ran(RAN)


@test(unless=why_no_stock)
def a_stock_emulator_with_its_default_cpu_runs_page_tables(t):
    t.boot_bare("-m", "64m", *MODERN, *RNG, *disk(small(t)), emulator=stock(), cpu="rv64").ran(RAN)
