# SPDX-License-Identifier: Apache-2.0
"""Folders of packages in the cache (tools/cella/packages.h), by way of the program packages-root."""

import pathlib
import shutil

from archive import Archive, damaged, package
from harness import OUT, claim, snapshot, test

PROGRAM = OUT / "bin/packages-root"
ONE = package("one", "1.0", depends="two", files={"usr/bin/one": "one\n"})
TWO = package("two", "1.0", files={"usr/lib/two": "two\n", "usr/lib/link": "-> two"})


def locked(context, *packages):
    """A lock of these packages, which are in no cache."""
    archive = Archive(context)
    archive.publish(*(packages or (ONE, TWO)))
    context.cella("pkg", "get", *[p["name"] for p in packages or (ONE, TWO)]).succeeds()
    return archive


def root(context, *names, lock="cella.lock"):
    run = context.run(PROGRAM, lock, *names).succeeds()
    return pathlib.Path(run.output.strip())


def leftovers(context):
    return list(context.folder.glob("xdg/cella/roots/new.*"))


@test
def a_root_has_exactly_the_files_of_the_named_packages(context):
    locked(context)
    found = snapshot(root(context, "two"))
    claim(found == {"bin": "-> usr/bin", "lib": "-> usr/lib", "sbin": "-> usr/sbin", "usr": "folder",
                    "usr/bin": "folder", "usr/lib": "folder", "usr/sbin": "folder",
                    "usr/lib/two": b"two\n", "usr/lib/link": "-> two"}, f"it has {found}")
    claim("usr/bin/one" in snapshot(root(context, "one")), "the other package is not there")
    claim("usr/lib/two" not in snapshot(root(context, "one")), "a dependency was added")


@test
def the_order_of_names_does_not_matter_and_nothing_is_made_twice(context):
    archive = locked(context)
    first = root(context, "one", "two")
    archive.remove()
    status = first.stat()
    claim(root(context, "two", "one", "two") == first, "it is another folder")
    claim(first.stat().st_ino == status.st_ino, "it was made again")


@test
def many_at_once_make_one_root(context):
    locked(context)
    runs = [context.start(PROGRAM, "cella.lock", "one", "two") for _ in range(6)]
    paths = {context.finish(r).succeeds().output for r in runs}
    claim(len(paths) == 1, f"there are several: {paths}")
    claim({"usr/bin/one", "usr/lib/two"} <= set(snapshot(pathlib.Path(paths.pop().strip()))),
          "it is not complete")
    claim(not leftovers(context), f"left behind: {leftovers(context)}")


@test
def what_one_who_was_stopped_left_behind_is_removed(context):
    locked(context)
    half_made = context.folder / "xdg/cella/roots/new.stopped"
    half_made.mkdir(parents=True)
    (half_made / "file").write_text("half")
    root(context, "one")
    claim(not leftovers(context), "it is still there")


@test
def a_damaged_package_makes_no_root(context):
    archive = Archive(context)
    archive.publish(damaged(ONE), TWO)
    context.cella("pkg", "get", "one").fails()
    context.run(PROGRAM, "cella.lock", "one").fails("cannot unpack", "disk is full")
    claim({p.name for p in context.folder.glob("xdg/cella/roots/*")} == {"lock"}, "something is left")


@test
def a_file_that_was_damaged_in_the_cache_makes_no_root(context):
    locked(context)
    deb, = context.folder.glob("xdg/cella/packages/one/*/*/*.deb")
    deb.write_bytes(deb.read_bytes() + b"x")  # dpkg-deb would not mind
    context.run(PROGRAM, "cella.lock", "one").fails("one_1.0_riscv64.deb is damaged", "remove it")


@test
def a_package_that_no_lock_names_is_an_error_with_the_command_that_adds_it(context):
    locked(context)
    context.run(PROGRAM, "cella.lock", "three").fails("cella.lock has no version of the package three",
                                                      "cella pkg lock three")
    context.run(PROGRAM, "mine.lock", "three").fails("cella pkg lock --lock mine.lock three")


@test
def a_newer_version_in_the_archive_is_another_root(context):
    archive = locked(context)
    first = root(context, "two")
    shutil.rmtree(context.folder / "xdg/cella/packages/two")
    archive.publish(package("two", "2.0", files={"usr/lib/new": "new\n"}))
    run = context.run(PROGRAM, "cella.lock", "two").succeeds("two is 2.0, cella.lock was made for 1.0")
    second = pathlib.Path(run.output.strip())
    claim(second != first and "usr/lib/new" in snapshot(second), "it is the old one")
    claim("usr/lib/two" in snapshot(first), "the old one was changed")
