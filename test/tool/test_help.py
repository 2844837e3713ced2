# SPDX-License-Identifier: Apache-2.0
"""Help, and command lines that make no sense."""

import os
import re

from harness import CELLA, claim, test
from machines import TELL


def commands(context):
    run = context.cella("--help").succeeds("usage: cella COMMAND")
    return re.findall(r"^  (\w+) +\S", run.output, re.M)


@test
def every_command_has_a_help_with_usage_and_examples(context):
    names = commands(context)
    claim({"build", "run", "gdb", "inspect", "pkg"} <= set(names), f"the commands are {names}")
    for name in names:
        for words in ([name, "--help"], [name, "-h"], ["help", name], [name, "--no-such-option", "--help"]):
            run = context.cella(*words).succeeds(f"usage: cella {name}", "example")
            claim(run.errors == "" and run.output.endswith("\n"), f"there is more to it:\n{run}")


@test
def no_line_of_help_is_wider_than_a_page(context):
    for name in [""] + commands(context):
        wide = [line for line in context.cella("help", *name.split()).output.splitlines() if len(line) > 105]
        claim(wide == [], f"help of {name}: {wide}")


@test
def help_behind_two_dashes_is_for_the_program(context):
    run = context.cella("run", "-b", TELL, "--", "--help")
    claim("argument [--help]" in run.output, f"the program did not get it:\n{run}")


@test
def without_a_command_the_commands_are_listed(context):
    run = context.cella()
    claim(run.status == 2 and "usage: cella COMMAND" in run.output, f"something else:\n{run}")


@test
def an_unknown_command_is_named(context):
    run = context.cella("walk")
    claim(run.status == 2 and "there is no command `walk`" in run.errors, f"something else:\n{run}")


@test
def gdb_says_that_batch_mode_is_not_for_it(context):
    run = context.cella("gdb", "-b", TELL)
    claim(run.status == 2, f"another status:\n{run}")
    run.says("-b is for `cella run`", "`cella gdb --help` tells how it is used")


@test
def a_gdb_that_is_not_installed_is_named_with_the_package(context):
    context.environment["PATH"] = str(context.folder)
    context.cella("gdb", TELL).fails("there is no gdb-multiarch", "apt-get install gdb-multiarch")


@test
def gdb_of_a_program_leaves_no_files_behind(context):
    scratch = context.folder / "scratch"
    scratch.mkdir()
    context.environment["TMPDIR"] = str(scratch)
    context.cella("gdb", "-c", context.folder / "console", TELL).succeeds("breakpoint 1 at", "common/main.c")
    claim(os.listdir(scratch) == [], f"files are left: {os.listdir(scratch)}")
