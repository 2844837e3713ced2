# SPDX-License-Identifier: Apache-2.0
"""`cella pkg`, with made-up archives: no network is needed, and none is used."""

import shutil

from archive import Archive, damaged, key, package, sha256_of
from harness import CELLA, claim, snapshot, test

OWN = ".cella-packages"


def base(version="1.0"):
    return package("base", version, files={"usr/share/base/version": f"{version}\n"})


def library(version="1.0"):
    return package("libthing1", version, depends=f"base (>= {version})", files={
        f"usr/lib/riscv64-linux-gnu/libthing.so.{version}": f"library {version}\n",
        "usr/lib/riscv64-linux-gnu/libthing.so.1": f"-> libthing.so.{version}"})


def program(version="1.0"):
    return package("prog", version, depends=f"libthing1 (>= {version})", files={
        "usr/bin/prog": f"program {version}\n",
        f"usr/share/prog/{version}/only": "in this version\n",
        "etc/prog.conf": "setting\n"}, description="a program that things are done with")


def all_of(version="1.0"):
    return base(version), library(version), program(version)


def published(context, *packages):
    archive = Archive(context)
    archive.publish(*(packages or all_of()))
    return archive


def files_of(folder):
    """What the tool has put there, without its own record."""
    return {n: v for n, v in snapshot(folder).items() if not n.startswith(OWN)}


def lock_lines(context, name="cella.lock"):
    lines = (context.folder / name).read_text().splitlines()
    return [line for line in lines if not line.startswith("#")]


def forget_packages(context):
    shutil.rmtree(context.folder / "xdg/cella/packages")


@test
def get_brings_what_a_package_depends_on(context):
    archive = published(context, *all_of(), package("unneeded", "1.0"))
    context.cella("pkg", "get", "prog").succeeds("unpacked prog into root")
    found = files_of(context.folder / "root")
    claim(found["usr/bin/prog"] == b"program 1.0\n", "the program is not there")
    claim(found["usr/lib/riscv64-linux-gnu/libthing.so.1"] == "-> libthing.so.1.0", "no library")
    claim("usr/share/base/version" in found, "what the library needs is not there")
    claim("usr/share/unneeded/version" not in found, "more is there than is needed")
    claim([found[n] for n in ("bin", "lib", "sbin")] == ["-> usr/bin", "-> usr/lib", "-> usr/sbin"],
          f"the links into usr are wrong: {found}")
    claim(lock_lines(context) == [f"{n} 1.0 {sha256_of(archive, n, '1.0')} trixie riscv64"
                                  for n in ("base", "libthing1", "prog")], "the lock is wrong")


@test
def a_second_get_says_already_there_and_asks_no_archive(context):
    archive = published(context)
    context.cella("pkg", "get", "prog").succeeds()
    archive.remove()
    before = (context.folder / "root/usr/bin/prog").stat()
    context.cella("pkg", "get", "prog").succeeds("already there: prog").does_not_say("warning")
    after = (context.folder / "root/usr/bin/prog").stat()
    claim(before.st_ino == after.st_ino, "the file was made again")


@test
def a_new_folder_is_filled_from_the_cache_without_an_archive(context):
    archive = published(context)
    context.cella("pkg", "get", "prog").succeeds()
    archive.remove()
    context.cella("pkg", "get", "-r", "other", "prog").succeeds().does_not_say("warning", "fetching")
    claim(files_of(context.folder / "other") == files_of(context.folder / "root"), "they differ")


@test
def get_without_names_gets_all_that_the_lock_names(context):
    archive = published(context, *all_of(), package("more", "1.0"))
    context.cella("pkg", "get", "prog").succeeds()
    context.cella("pkg", "get", "more").succeeds()
    archive.remove()
    context.cella("pkg", "get", "-r", "other").succeeds("packages: 4")
    claim(files_of(context.folder / "other") == files_of(context.folder / "root"), "they differ")


@test
def a_file_that_was_deleted_comes_back(context):
    published(context)
    context.cella("pkg", "get", "prog").succeeds()
    (context.folder / "root/usr/bin/prog").unlink()
    context.cella("pkg", "get", "prog").succeeds("new: 1")
    claim((context.folder / "root/usr/bin/prog").exists(), "it did not")


@test
def an_archive_that_moved_on_is_told_and_its_versions_are_used(context):
    archive = published(context)
    context.cella("pkg", "get", "prog").succeeds()
    locked = lock_lines(context)
    forget_packages(context)
    archive.publish(*all_of("2.0"))
    context.cella("pkg", "get", "prog").succeeds(
        "the archive has moved on: prog is 2.0, cella.lock was made for 1.0",
        "the archive has moved on: libthing1 is 2.0", "--update renews the lock")
    claim(files_of(context.folder / "root")["usr/bin/prog"] == b"program 2.0\n", "it is not used")
    claim(lock_lines(context) == locked, "the lock was changed without being asked")


@test
def locked_versions_outlive_the_archive_in_the_cache(context):
    archive = published(context)
    context.cella("pkg", "get", "prog").succeeds()
    archive.publish(*all_of("2.0"), package("more", "1.0", depends="libthing1"))
    context.cella("pkg", "get", "more").succeeds().does_not_say("moved on", "newer")
    claim([line.split()[:2] for line in lock_lines(context)] ==
          [["base", "1.0"], ["libthing1", "1.0"], ["prog", "1.0"], ["more", "1.0"]],
          f"the lock is wrong: {lock_lines(context)}")


@test
def a_package_that_needs_a_newer_version_than_locked_gets_it_with_a_warning(context):
    archive = published(context)
    context.cella("pkg", "get", "prog").succeeds()
    archive.publish(*all_of("2.0"), package("more", "1.0", depends="base (>= 2.0)"))
    context.cella("pkg", "get", "more").succeeds("more does not go with every version in cella.lock",
                                                 "base is 2.0, cella.lock was made for 1.0")
    claim(files_of(context.folder / "root")["usr/share/base/version"] == b"2.0\n", "it did not")


@test
def update_renews_the_lock_and_removes_files_of_the_old_version(context):
    archive = published(context)
    context.cella("pkg", "get", "prog").succeeds()
    archive.publish(*all_of("2.0"))
    (context.folder / "root/usr/share/prog/mine").write_text("my own\n")
    context.cella("pkg", "get", "--update", "prog").succeeds()
    found = files_of(context.folder / "root")
    claim("usr/share/prog/1.0" not in found, "the old version's file or its folder is still there")
    claim("usr/share/prog/2.0/only" in found, "the new version's file is not there")
    claim(found["usr/share/prog/mine"] == b"my own\n", "a file of somebody else is gone")
    claim([line.split()[1] for line in lock_lines(context)] == ["2.0"] * 3, "the lock is old")


@test
def update_without_names_renews_all_and_keeps_comments(context):
    archive = published(context)
    context.cella("pkg", "get", "prog").succeeds()
    lock = context.folder / "cella.lock"
    lock.write_text("# mine\n" + lock.read_text() + "\n# behind\n")
    archive.publish(*all_of("2.0"))
    context.cella("pkg", "get", "--update").succeeds()
    text = lock.read_text()
    claim(text.startswith("# mine\n") and text.endswith("\n# behind\n"), f"comments moved: {text}")
    claim(text.count(" 2.0 ") == 3 and " 1.0 " not in text, f"not renewed: {text}")


@test
def a_line_without_a_version_is_filled_in(context):
    published(context)
    (context.folder / "cella.lock").write_text("base - - trixie riscv64\n")
    context.cella("pkg", "get", "base").succeeds()
    claim(lock_lines(context)[0].startswith("base 1.0 "), f"it is not: {lock_lines(context)}")


@test
def a_version_that_is_asked_for_is_got_and_locked(context):
    archive = published(context, *all_of("2.0"))
    context.cella("pkg", "get", "base").succeeds()
    archive.publish(base("2.0"), base("1.0"))
    context.cella("pkg", "get", "base=1.0").succeeds().does_not_say("moved on")
    claim(files_of(context.folder / "root")["usr/share/base/version"] == b"1.0\n", "it is another")
    claim(lock_lines(context)[0].startswith("base 1.0 "), f"not locked: {lock_lines(context)}")


@test
def a_version_that_the_archive_does_not_have_is_answered_with_what_it_has(context):
    published(context)
    context.cella("pkg", "get", "prog=3.0").fails("Debian trixie has no prog 3.0; it has: 1.0")


@test
def lists_that_are_older_than_the_archive_are_fetched_again(context):
    archive = published(context)
    context.cella("pkg", "get", "base").succeeds()
    archive.publish(*all_of("2.0"), unnoticed=True)
    context.cella("pkg", "get", "libthing1").succeeds("libthing1 is 2.0")
    claim(lock_lines(context)[1].split()[:2] == ["libthing1", "2.0"], f"{lock_lines(context)}")


@test
def update_without_dependencies_renews_just_what_is_locked(context):
    archive = published(context)
    context.cella("pkg", "lock", "--no-depends", "prog", "base").succeeds("packages: 2")
    archive.publish(*all_of("2.0"))
    context.cella("pkg", "lock", "--no-depends", "--update").succeeds("packages: 2")
    claim([line.split()[:2] for line in lock_lines(context)] == [["base", "2.0"], ["prog", "2.0"]],
          f"the lock has {lock_lines(context)}")
    context.cella("pkg", "lock", "--no-depends", "nothing").fails("has no package nothing")


@test
def without_dependencies_one_package_comes_alone(context):
    published(context)
    context.cella("pkg", "get", "--no-depends", "prog").succeeds("packages: 1")
    claim([line.split()[0] for line in lock_lines(context)] == ["prog"], "the lock has more")


@test
def another_hash_for_the_locked_version_is_refused(context):
    published(context)
    context.cella("pkg", "get", "prog").succeeds()
    forget_packages(context)
    shutil.rmtree(context.folder / "root")
    lock = context.folder / "cella.lock"
    good = lock_lines(context)[0].split()[2]
    lock.write_text(lock.read_text().replace(good, "0" * 64))
    before = lock.read_text()
    context.cella("pkg", "get", "prog").fails(f"base 1.0 has sha256 {good}, but cella.lock says 000")
    claim(not (context.folder / "root").exists(), "a folder was made all the same")
    claim(lock.read_text() == before, "the lock was changed")


@test
def a_file_that_was_damaged_in_the_cache_is_refused(context):
    published(context)
    context.cella("pkg", "get", "prog").succeeds()
    deb, = context.folder.glob("xdg/cella/packages/prog/*/*/*.deb")
    deb.write_bytes(deb.read_bytes() + b"x")
    context.cella("pkg", "get", "-r", "other", "prog").fails("prog_1.0_riscv64.deb is damaged",
                                                             "remove it, then try again")
    claim(not (context.folder / "other").exists(), "a folder was made all the same")


@test
def a_package_that_does_not_unpack_leaves_the_folder_as_it_was(context):
    archive = published(context)
    context.cella("pkg", "get", "prog").succeeds()
    before = snapshot(context.folder / "root")
    archive.publish(base("2.0"), library("2.0"), damaged(program("2.0")))
    context.cella("pkg", "get", "--update", "prog").fails("cannot unpack", "disk is full")
    claim(snapshot(context.folder / "root") == before, "it was changed")


@test
def a_package_that_does_not_unpack_leaves_no_new_folder(context):
    published(context, base(), library(), damaged(program()))
    context.cella("pkg", "get", "prog").fails("cannot unpack")
    claim(not (context.folder / "root").exists(), "there is one")


@test
def what_cannot_be_fetched_leaves_folder_and_lock_as_they_were(context):
    archive = published(context)
    context.cella("pkg", "get", "prog").succeeds()
    before = snapshot(context.folder / "root"), lock_lines(context)
    archive.publish(*all_of("2.0"))
    (archive.folder / "pool/prog_2.0_riscv64.deb").unlink()
    context.cella("pkg", "get", "--update", "prog").fails("apt-get failed")
    claim((snapshot(context.folder / "root"), lock_lines(context)) == before, "they were changed")


@test
def a_file_in_the_way_is_left_alone(context):
    published(context)
    mine = context.folder / "root/usr/bin/prog"
    mine.parent.mkdir(parents=True)
    mine.write_text("my own\n")
    context.cella("pkg", "get", "prog").fails("root/usr/bin/prog is in the way", "-r")
    claim(set(files_of(context.folder / "root")) == {"usr", "usr/bin", "usr/bin/prog"},
          "something was unpacked")
    claim(mine.read_text() == "my own\n", "the file was replaced")


@test
def a_folder_in_the_place_of_a_link_into_usr_is_refused(context):
    published(context)
    (context.folder / "root/lib").mkdir(parents=True)
    context.cella("pkg", "get", "prog").fails("root/lib is in the way")


@test
def one_who_was_stopped_while_files_were_moved_can_begin_again(context):
    """The record as it is written before files are moved, and only some of them moved."""
    published(context)
    context.cella("pkg", "get", "prog").succeeds()
    root = context.folder / "root"
    record = root / OWN / "list"
    lines = record.read_text().splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("package prog "))
    lines[at:at + 1] = ["package prog - -", "/usr/share/prog-of-old"]
    record.write_text("\n".join(lines) + "\n")
    (root / "usr/share/prog-of-old").write_text("of an older version\n")
    (root / "etc/prog.conf").unlink()
    (root / OWN / "new.123456").mkdir()
    context.cella("pkg", "get", "prog").succeeds("new: 1")
    found = snapshot(root)
    claim("etc/prog.conf" in found, "it was not completed")
    claim("usr/share/prog-of-old" not in found, "what the older version had is still there")
    claim(f"{OWN}/new.123456" not in found, "what was being unpacked is still there")
    claim("package prog 1.0 " in record.read_text(), "the record says otherwise")


@test
def two_at_once_fill_one_folder(context):
    published(context, *all_of(), package("more", "1.0"))
    runs = [context.start(CELLA, "pkg", "get", name, "--lock", f"{name}.lock")
            for name in ("prog", "more", "libthing1", "base")]
    for run in runs:
        context.finish(run).succeeds()
    names = [line.split()[1] for line in (context.folder / f"root/{OWN}/list").read_text().splitlines()
             if line.startswith("package ")]
    claim(sorted(names) == ["base", "libthing1", "more", "prog"], f"the record has {names}")


@test
def an_unknown_package_is_answered_with_similar_names(context):
    published(context, *all_of(), package("progress", "1.0"))
    context.cella("pkg", "get", "pro").fails("Debian trixie has no package pro for riscv64",
                                             "close to pro: prog progress")
    context.cella("pkg", "get", "libthng1").fails("close to libthng1: libthing1")
    claim(not (context.folder / "cella.lock").exists(), "a lock was written")


@test
def a_name_is_no_pattern_and_no_removal(context):
    published(context)
    context.cella("pkg", "get", "pro.").fails("has no package pro.")
    context.cella("pkg", "get", "prog-").fails("has no package prog-")


@test
def a_dependency_that_is_missing_is_named(context):
    published(context, program())
    context.cella("pkg", "get", "prog").fails("prog : Depends: libthing1 (>= 1.0)")


@test
def lists_with_another_key_are_not_trusted(context):
    archive = Archive(context)
    archive.publish(*all_of(), signer=key("foreign"))
    context.cella("pkg", "get", "prog").fails("signature does not vouch", "nothing was taken")
    claim(not (context.folder / "cella.lock").exists(), "a lock was written")
    claim(not (context.folder / "root").exists(), "a folder was made")


@test
def an_index_that_was_changed_after_signing_is_not_trusted(context):
    archive = published(context)
    index, = archive.folder.glob("dists/*/main/*/Packages")
    index.write_text(index.read_text().replace("Version: 1.0", "Version: 6.6"))
    context.cella("pkg", "get", "prog").fails("signature does not vouch")


@test
def a_package_that_was_changed_after_signing_is_not_taken(context):
    archive = published(context)
    deb = archive.folder / "pool/prog_1.0_riscv64.deb"
    deb.write_bytes(deb.read_bytes()[:-4] + b"evil")
    context.cella("pkg", "get", "prog").fails("apt-get failed", "Hash Sum mismatch")
    claim(not (context.folder / "root").exists(), "a folder was made")


@test
def no_archive_in_reach_is_said(context):
    archive = published(context)
    archive.point_to("http://127.0.0.1:1/debian", key())
    context.cella("pkg", "get", "prog").fails("none of the system's archives can be reached",
                                              "connect and try again")


@test
def without_an_archive_lists_of_an_earlier_day_are_used_with_a_warning(context):
    archive = published(context)
    context.cella("pkg", "get", "base").succeeds()
    archive.point_to("http://127.0.0.1:1/debian", key())
    archive.age_lists()
    context.cella("pkg", "list", "--available", "prog").succeeds(
        "warning: no archive can be reached; using package lists of", "prog - a program that")


@test
def a_bad_line_of_a_lock_is_named_with_its_number(context):
    published(context)
    lock = context.folder / "cella.lock"
    for text, fault in [("a b\n", "1: not five words: a b"),
                        ("# x\n\nprog 1.0 123 trixie riscv64\n", "3: bad hash"),
                        (f"../x 1.0 {'0' * 64} trixie riscv64\n", "1: bad package name"),
                        (f"prog ../../x {'0' * 64} trixie riscv64\n", "1: bad version"),
                        (f"prog 1 {'0' * 64} trixie riscv64\n" * 2, "2: a second line")]:
        lock.write_text(text)
        context.cella("pkg", "get", "prog").fails(f"cella.lock:{fault}", "NAME VERSION SHA256")


@test
def a_folder_that_cannot_be_written_is_said(context):
    published(context)
    context.cella("pkg", "get", "-r", "/proc/cella", "prog").fails("cannot write to /proc/cella",
                                                                   "choose another folder with -r")


@test
def lock_fetches_and_writes_the_lock_but_unpacks_nothing(context):
    archive = published(context)
    context.cella("pkg", "lock", "prog").succeeds("locked and fetched prog (packages: 3)")
    claim(len(lock_lines(context)) == 3, "the lock has other lines")
    claim(not (context.folder / "root").exists(), "something was unpacked")
    archive.remove()
    context.cella("pkg", "get", "prog").succeeds("new: 3")


@test
def the_record_of_packages_goes_into_no_image(context):
    published(context)
    context.cella("pkg", "get", "prog").succeeds()
    (context.folder / "root/.cella").mkdir()
    (context.folder / "root/.cella/manifest.json").write_text('{ "Program": "/usr/bin/prog" }\n')
    context.cella("build", "-o", "image", "root").succeeds()
    listing = context.run("/sbin/debugfs", "-R", "ls -p /", "image").succeeds("/etc/", "/.cella/")
    listing.does_not_say(OWN)


@test
def list_shows_what_is_locked_cached_and_unpacked(context):
    published(context)
    context.cella("pkg", "get", "prog").succeeds()
    context.cella("pkg", "list").succeeds("cached, in root")
    claim(context.cella("pkg", "list", "thing").output.split()[:2] == ["libthing1", "1.0"], "pattern")
    forget_packages(context)
    context.cella("pkg", "list", "--root", "root", "p*").succeeds("not fetched, in root")
    context.cella("pkg", "list", "nothing").fails("no package of cella.lock has such a name")


@test
def list_shows_the_files_of_a_package(context):
    published(context)
    context.cella("pkg", "get", "prog").succeeds()
    files = context.cella("pkg", "list", "--files", "libthing1").succeeds().output.splitlines()
    folder = "/usr/lib/riscv64-linux-gnu"
    claim(set(files) == {f"{folder}/libthing.so.1 -> libthing.so.1.0", f"{folder}/libthing.so.1.0"},
          f"it shows {files}")


@test
def find_names_the_package_of_a_path_a_library_and_a_pattern(context):
    published(context)
    context.cella("pkg", "get", "prog").succeeds()
    for wanted, name in [("/bin/prog", "prog"), ("/usr/bin/prog", "prog"), ("prog.conf", "prog"),
                         ("libthing.so.1", "libthing1"), ("libthing*", "libthing1")]:
        output = context.cella("pkg", "find", wanted).succeeds().output
        claim({line.split()[0] for line in output.splitlines()} == {name}, f"{wanted}: {output}")
    context.cella("pkg", "find", "libother2.so.3").fails("no package that is locked and cached",
                                                         "--available libother2-3")
