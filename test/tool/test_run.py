# SPDX-License-Identifier: Apache-2.0
"""`cella run`: what it boots, what the program is given, and the status that comes back."""

import json
import os
import shutil

from harness import BUILD, CELLA, ROOT, claim, test
from machines import NO_MACHINE, PLATFORMS, TELL, TELL_DYNAMIC, free_mib, image, told

# Blanks, quotes, what is special to a shell, to the emulator and to boot arguments, and no text at all.
AWKWARD = ["", " ", "a b", "'", '"', "a\nb", "\t", "ü€", "100%", "%41", "a,b,,c", "arg=x", "$HOME", "\\n",
           "-x", "--", "--help", "*", b"\xff\x01".decode("utf-8", "surrogateescape")]


def as_told(text):
    return "".join(chr(b) if 0x20 <= b < 0x7f else f"\\x{b:02x}"
                   for b in text.encode("utf-8", "surrogateescape"))


def ends_with(run, status):
    claim(run.status == status, f"does not end with {status}:\n{run}")
    return run


def refused(run, *sayings):
    """No machine was started, and a line says why."""
    claim(run.output == "", f"something was printed:\n{run}")
    return ends_with(run, NO_MACHINE).says(*sayings)


def manifest(context, **keys):
    """m.json, with tell beside it."""
    shutil.copy(TELL, context.folder / "tell")
    (context.folder / "m.json").write_text(json.dumps({"Program": "tell", **keys}))


# --- what is booted, and how it ends ---

def status_is(context, status, *arguments):
    for platform in PLATFORMS:
        run = context.cella("run", "-b", "-p", platform, TELL, "--", *arguments)
        ends_with(run, status).says(f"[cella] {platform}: ")


@test
def a_program_that_ends_well_gives_0(context):
    status_is(context, 0)


@test
def a_programs_own_status_comes_back(context):
    status_is(context, 7, "exit", "7")


@test
def a_programs_status_1_is_not_taken_for_an_error_of_the_emulator(context):
    for platform in PLATFORMS:
        run = context.cella("run", "-b", "-p", platform, TELL, "--", "exit", "1")
        ends_with(run, 1).does_not_say("cella: error")


@test
def a_segmentation_fault_gives_139(context):
    status_is(context, 139, "null")


@test
def an_illegal_instruction_gives_132(context):
    status_is(context, 132, "illegal")


@test
def a_dynamic_program_finds_its_libraries_in_the_cross_compilers_folders(context):
    for platform in PLATFORMS:
        run = context.cella("run", "-b", "-p", platform, TELL_DYNAMIC, "--", "exit", "5")
        claim(told(ends_with(run, 5), "argument") == ["tell-dynamic", "exit", "5"], f"other words:\n{run}")


@test
def a_manifest_boots(context):
    manifest(context, Args=["one", "exit"], Env={"A": "1"})
    run = ends_with(context.cella("run", "-b", "m.json", "--", "4"), 4)
    claim(told(run, "argument") == ["one", "exit", "4"], f"other words:\n{run}")
    claim(told(run, "variable") == ["A=1"], f"another environment:\n{run}")


@test
def a_name_of_an_image_with_commas_and_question_marks_is_a_name(context):
    path = image(context, name="a, b?offset=4096,readonly=on'.img")
    ends_with(context.cella("run", "-b", path, "--", "exit", "3"), 3)


# --- arguments and environment ---

@test
def arguments_reach_a_program_byte_by_byte(context):
    for platform in PLATFORMS:
        run = ends_with(context.cella("run", "-b", "-p", platform, TELL, "--", *AWKWARD), 0)
        claim(told(run, "argument") == ["tell", *map(as_told, AWKWARD)], f"other words:\n{run}")


@test
def arguments_reach_the_program_of_a_ready_image_byte_by_byte(context):
    path = image(context, "first")
    for platform in PLATFORMS:
        run = ends_with(context.cella("run", "-b", "-p", platform, path, "--", *AWKWARD), 0)
        claim(told(run, "argument") == ["tell", "first", *map(as_told, AWKWARD)], f"other words:\n{run}")


@test
def words_that_no_manifest_can_hold_are_refused_when_an_image_is_built(context):
    for words in (["-e", "A=\udcff", TELL], [TELL, "--", "fine", "\udcff"]):
        context.cella("build", "-o", "x.img", *words).fails("is no UTF-8", "cella run")
        claim(not (context.folder / "x.img").exists(), "there is an image")


@test
def variables_are_added_and_win_over_those_of_the_image(context):
    manifest(context, Env={"LANG": "de", "LANGUAGE": "de"})
    context.cella("build", "-o", "m.img", "m.json").succeeds()
    for what in ("m.json", "m.img"):
        for platform in PLATFORMS:
            run = ends_with(context.cella("run", "-b", "-p", platform, "-e", "LANG=a b=%c,\n", "-eNEW=", what), 0)
            claim(sorted(told(run, "variable")) == ["LANG=a b=%c,\\x0a", "LANGUAGE=de", "NEW="],
                  f"another environment of {what}:\n{run}")


@test
def arguments_that_boot_arguments_cannot_hold_are_refused(context):
    path = image(context)
    refused(context.cella("run", "-b", path, "--", "x" * 100000, "y" * 31063), "131072 bytes instead of 131071",
            "put them into a manifest")
    ends_with(context.cella("run", "-b", "-m", "16m", path, "--", "x" * 100000, "y" * 31062), 0)


@test
def a_word_that_the_kernel_cannot_read_stops_it_with_one_line(context):
    path = image(context)
    for platform in PLATFORMS:
        run = ends_with(context.cella("run", "-b", "-p", platform, "-a", "arg=5%", path), 126)
        run.says('[cella] boot argument "arg=5%": % must be followed by two hexadecimal digits')
        claim(told(run, "argument") == [], f"the program ran:\n{run}")


# --- the machine ---

@test
def memory_is_as_asked_for_or_as_the_manifest_says_or_128m(context):
    manifest(context, RunConfig={"Memory": "40m"})
    context.cella("build", "-o", "m.img", "m.json").succeeds()
    for what, options, most in (("m.json", [], 40), ("m.img", [], 40), ("m.img", ["-m", "256m"], 256),
                                ("m.img", ["--memory=1g"], 1024), (TELL, [], 128)):
        mib = free_mib(context.cella("run", "-b", *options, what))
        claim(most - 12 < mib < most, f"{mib} MiB are free in {most} MiB")


@test
def another_manifest_of_an_image_is_run_with_its_memory(context):
    root = context.folder / "root"
    (root / ".cella").mkdir(parents=True)
    shutil.copy(TELL, root / "tell")
    for name, memory in (("manifest", "40m"), ("other", "60m")):
        text = json.dumps({"Program": "/tell", "Args": [name], "RunConfig": {"Memory": memory}})
        (root / f".cella/{name}.json").write_text(text)
    context.cella("build", "-o", "two.img", root).succeeds()
    other = "/.cella/other.json"
    for what in ("two.img", root):
        for option in (["--manifest", other], ["-a", f"verbose manifest={other}"]):
            run = ends_with(context.cella("run", "-b", *option, what), 0)
            claim(told(run, "argument") == ["other"], f"another manifest:\n{run}")
            claim(48 < free_mib(run) < 60, f"other memory:\n{run}")


def the_emulator_is_not_ours():
    for platform in PLATFORMS:
        conf = (BUILD / platform / "run.conf").read_text()
        if "quiet=''" in conf or f"emulator='{os.environ.get('QEMU', '')}" not in conf:
            return "this emulator cannot ask the firmware to be quiet"
    return None


@test(unless=the_emulator_is_not_ours)
def the_firmware_prints_nothing_unless_it_is_asked_to(context):
    for platform in PLATFORMS:
        run = ends_with(context.cella("run", "-b", "-p", platform, TELL), 0).does_not_say("OpenSBI", "Boot HART")
        claim(run.output.startswith("[cella] "), f"something comes before the kernel:\n{run}")
        run = ends_with(context.cella("run", "-b", "--verbose", "-p", platform, TELL), 0).says("Boot HART MEDELEG")
        claim("OpenSBI" in run.output.partition("[cella] ")[0], f"no banner of the firmware:\n{run}")


@test
def options_of_the_emulator_are_passed_on(context):
    run = context.cella("run", "-b", "--qemu=-d in_asm", "--qemu=-D", "--qemu", "my log", TELL)
    ends_with(run, 0)
    claim("IN:" in (context.folder / "my log").read_text()[:100], "the emulator wrote no log")


@test
def system_calls_and_trace_points_are_printed_on_demand(context):
    for platform in PLATFORMS:
        run = ends_with(context.cella("run", "-b", "-p", platform, TELL), 0)
        run.does_not_say("[cella] strace", "[cella] trace")
        run = ends_with(context.cella("run", "-b", "-p", platform, "--strace", TELL), 0)
        run.says("strace", "execve(", "write(1, ", "exit_group(0)")
        run = ends_with(context.cella("run", "-b", "-p", platform, "--strace=write", TELL), 0)
        run.says("write(1, ").does_not_say("execve(", "exit_group(")
        run = ends_with(context.cella("run", "-b", "-p", platform, "--trace=fault,exec", TELL), 0)
        run.says(" fault: ", " exec: ").does_not_say(" blk: ")


@test
def the_console_goes_to_a_file_and_standard_output_is_left_alone(context):
    run = ends_with(context.cella("run", "-c", "console, 1", TELL, "--", "exit", "6"), 6)
    claim(run.output == "", f"something was printed:\n{run}")
    claim("argument [tell]" in (context.folder / "console, 1").read_text(), "the console is not there")


@test
def a_snapshot_leaves_the_image_as_it_is(context):
    path = image(context)
    before = path.read_bytes()
    ends_with(context.cella("run", "-b", "--snapshot", path), 0)
    claim(path.read_bytes() == before, "the image was changed")


# --- what cannot be run ---

def usage(name, words, *sayings):
    def refuses(context):
        refused(context.cella("run", *words), *sayings, "`cella run --help` tells how it is used")
    refuses.__name__, refuses.__module__ = name, __name__
    test(refuses)


usage("without_a_name_the_usage_is_told", [], "name an ELF file, a manifest, a folder or an image")
usage("an_unknown_option_is_named", ["--verbosely", "x"], "there is no option --verbosely")
usage("an_unknown_letter_is_named", ["-bZ", "x"], "there is no option -Z")
usage("an_option_without_its_value_is_named", ["x", "-p"], "-p needs a value")
usage("a_long_option_without_its_value_is_named", ["x", "--root"], "--root needs a value")
usage("an_option_with_a_value_too_many_is_named", ["--batch=x", "x"], "--batch takes no value")
usage("a_second_name_is_refused", ["one", "two"], "unexpected word `two`: arguments of the program come behind --")
usage("a_size_that_is_none_is_named", ["-m", "12 MB", "x"], "-m 12 MB: give a size such as 256m")
usage("an_empty_size_is_named", ["-m", "", "x"], "give a size such as 256m")
usage("a_variable_without_a_value_is_named", ["-e", "LANG", "x"], "-e LANG: give NAME=VALUE")
usage("a_variable_without_a_name_is_named", ["-e", "=x", "x"], "-e =x: give NAME=VALUE")
usage("a_relative_manifest_is_named", ["--manifest", "x.json", "x"], "--manifest x.json: give a path in the image")
usage("a_trace_class_with_a_blank_is_named", ["--trace", "a b", "x"], "--trace 'a b': give a value without blanks")
usage("batch_and_console_exclude_each_other", ["-b", "-c", "f", "x"], "-b and -c exclude each other")


@test
def a_platform_that_is_not_there_is_named_with_those_that_are(context):
    refused(context.cella("run", "-p", "pdp11", TELL), "there is no platform `pdp11`", *PLATFORMS)


@test
def a_missing_file_is_named(context):
    refused(context.cella("run", "-b", "nothing.img"), "nothing.img: No such file or directory")


@test
def what_is_none_of_the_four_is_refused(context):
    (context.folder / "x").write_bytes(b"This is no program.\n" * 200)
    refused(context.cella("run", "-b", "x"), "x")


@test
def an_image_that_may_only_be_read_is_run_as_a_snapshot_or_not_at_all(context):
    path = image(context)
    path.chmod(0o444)
    # root may write to any file, unless this right is taken away.
    bounded = ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []
    refused(context.run(*bounded, CELLA, "run", "-b", path), "tell.img", "may only be read", "--snapshot")
    ends_with(context.run(*bounded, CELLA, "run", "-b", "--snapshot", path, "--", "exit", "9"), 9)


@test
def a_kernel_that_is_not_built_is_named_with_the_command_that_helps(context):
    (context.folder / "bin").mkdir()
    tool = shutil.copy(CELLA, context.folder / "bin/cella")
    shutil.copy(BUILD / "cella.conf", context.folder)
    refused(context.run(tool, "run", "-b", "-p", "riscv64-virt", TELL), "riscv64-virt/run.conf is not there",
            f"make -C {ROOT}", "PLATFORM=riscv64-virt")


@test
def an_emulator_that_is_not_there_is_named(context):
    context.environment["QEMU"] = "/nowhere/qemu"
    refused(context.cella("run", "-b", TELL), "the emulator is not there: /nowhere/qemu", "make -C")


@test
def an_emulator_that_cannot_be_executed_is_named(context):
    context.environment["QEMU"] = str(ROOT / "Makefile")
    refused(context.cella("run", "-b", TELL), "Makefile cannot be started: Permission denied", "make qemu")


@test
def a_machine_that_the_emulator_refuses_is_no_status_of_a_program(context):
    for option in ("-no-such-option", "-device no-such-device", "-m 1k"):
        run = context.cella("run", "-b", f"--qemu={option}", TELL)
        refused(run, "the emulator did not start the machine", "--verbose")


@test
def a_console_file_that_cannot_be_written_is_named(context):
    refused(context.cella("run", "-c", "none/console", TELL), "none/console", "the emulator did not start the machine")
