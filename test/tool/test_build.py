# SPDX-License-Identifier: Apache-2.0
"""`cella build`: what goes into an image, and every way in which that fails."""

import json
import os
import signal
import struct
import subprocess

from archive import Archive, package
from harness import CELLA, ROOT, claim, test
from images import (GUESTS, LOADER, bring, build, content, debugfs, files, manifest_of, refused, write)

LIBC = "/usr/lib/libc.so.6"


def manifest(context, name="m.json", **keys):
    write(context, name, json.dumps(keys))


def said_in(image):
    return json.loads(manifest_of(image))


# --- a program --------------------------------------------------------------------------

@test
def a_static_program_comes_alone(context):
    bring(context, "greet-static")
    image = build(context, "greet-static")
    found = files(context, image)
    claim(found["/usr/bin/greet-static"] == ("-0755", None), f"the program is not there: {found}")
    claim(found["/bin"] == ("l0777", "usr/bin"), "no link /bin")
    claim(found["/tmp"] == ("d1777", None), "/tmp is not for everybody")
    claim("/etc/passwd" in found and "/dev" in found and "/proc" in found, f"too little: {found}")
    claim(LOADER not in found and LIBC not in found, "more is there than it needs")
    claim(said_in(image) == {"Program": "/bin/greet-static", "Args": ["greet-static"]}, "the manifest")


@test
def a_dynamic_program_brings_its_interpreter_and_libraries(context):
    bring(context, "greet")
    found = files(context, build(context, "greet"))
    claim(LOADER in found and LIBC in found, f"they are not there: {found}")


@test
def the_image_is_called_after_the_program_if_nothing_else_is_said(context):
    bring(context, "greet-static")
    context.cella("build", "greet-static").succeeds()
    manifest(context, "other.json", Program="greet-static")
    context.cella("build", "other.json").succeeds()
    names = sorted(p.name for p in context.folder.glob("*.img"))
    claim(names == ["greet-static.img", "other.img"], f"there are {names}")


@test
def arguments_and_variables_go_into_the_manifest(context):
    bring(context, "greet-static")
    image = build(context, "-e", "A=1", "-e", "B=x=y", "-e", "A=2", "greet-static", "--", "-v", "two words", "")
    claim(said_in(image) == {"Program": "/bin/greet-static",
                             "Args": ["greet-static", "-v", "two words", ""],
                             "Env": {"A": "2", "B": "x=y"}}, manifest_of(image))


@test
def a_library_is_found_by_the_runpath_of_who_needs_it(context):
    bring(context, "greet-own")
    write(context, "root/usr/own/libown.so.1", "-> libown.so.1.0")
    write(context, "root/usr/own/libown.so.1.0", (GUESTS / "libown.so.1").read_bytes())
    for folder in ("usr/lib", "lib"):
        write(context, f"root/{folder}/empty")
    # Both roots of one manifest are looked at; a manifest's own comes after the command line's.
    manifest(context, Program="/bin/greet-own", TargetRoot="/usr/riscv64-linux-gnu",
             MapDirs={"greet-own": "/bin"})
    found = files(context, build(context, "--root", "root", "m.json"))
    claim(found.get("/usr/own/libown.so.1") == ("l0777", "libown.so.1.0"), f"no link: {found}")
    claim("/usr/own/libown.so.1.0" in found and LIBC in found, f"a library is missing: {found}")


@test
def a_library_is_found_by_the_variable_of_the_manifest(context):
    bring(context, "greet-own", "libown.so.1")
    manifest(context, Program="greet-own", Env={"LD_LIBRARY_PATH": "/else:/where"},
             MapDirs={"libown.so.1": "/where"})
    claim("/where/libown.so.1" in files(context, build(context, "m.json")), "it is not there")


@test
def a_missing_library_is_named_with_who_needs_it(context):
    bring(context, "greet-own")
    refused(context, "greet-own").fails(
        "/usr/bin/greet-own needs the library libown.so.1, which is not in /usr/riscv64-linux-gnu",
        "Packages", "--root")


@test
def a_library_for_another_machine_is_passed_over(context):
    bring(context, "greet-own")
    spoilt = bytearray((GUESTS / "libown.so.1").read_bytes())
    spoilt[18:20] = struct.pack("<H", 62)
    write(context, "own/libown.so.1", bytes(spoilt))
    manifest(context, Program="/bin/greet-own", MapDirs={"greet-own": "/bin", "own/*": "/usr/own"})
    refused(context, "m.json").fails("greet-own needs the library libown.so.1")


@test
def a_missing_interpreter_is_named(context):
    bring(context, "greet")
    write(context, "root/usr/lib/empty")
    refused(context, "--root", "root", "greet").fails(
        "/usr/bin/greet needs the interpreter /lib/ld-linux-riscv64-lp64d.so.1, which is not in root")


@test
def a_program_below_the_root_stays_at_its_place(context):
    write(context, "root/opt/greet-static", (GUESTS / "greet-static").read_bytes())
    image = build(context, "--root", "root", "root/opt/greet-static")
    claim(said_in(image)["Program"] == "/opt/greet-static", manifest_of(image))
    claim(said_in(image)["Args"] == ["greet-static"], manifest_of(image))
    claim("/opt/greet-static" in files(context, image), "it is not there")


@test
def a_script_brings_the_program_that_reads_it(context):
    write(context, "root/usr/bin/reader", (GUESTS / "greet-static").read_bytes(), 0o755)
    write(context, "hello", "#! /bin/reader -x\n")
    found = files(context, build(context, "--root", "root", "hello"))
    claim(found["/usr/bin/hello"] == ("-0755", None) and "/usr/bin/reader" in found, str(found))
    write(context, "root/usr/bin/second", "#!/bin/reader\n", 0o755)
    write(context, "twice", "#!/bin/second\n")
    found = files(context, build(context, "--root", "root", "twice"))
    claim({"/usr/bin/reader", "/usr/bin/second"} <= set(found), f"not both readers: {found}")
    write(context, "other", "#!/bin/nothing\n")
    refused(context, "--root", "root", "other").fails(
        "the script /usr/bin/other is for /bin/nothing, which is not in root")


# --- what is no program -----------------------------------------------------------------

@test
def a_program_for_another_machine_is_refused(context):
    spoilt = bytearray((GUESTS / "greet-static").read_bytes())
    spoilt[18:20] = struct.pack("<H", 62)
    write(context, "x86", bytes(spoilt))
    refused(context, "x86").fails("x86 is a program for x86-64; Cella runs riscv64")


@test
def a_program_cut_anywhere_is_refused(context):
    whole = (GUESTS / "greet").read_bytes()
    for length in (4, 20, 63, 64, 200, 1000):
        write(context, "cut", whole[:length])
        refused(context, "cut").fails("cut is ")


@test
def what_is_nothing_that_runs_is_refused(context):
    write(context, "text", "just text\n")
    write(context, "empty")
    refused(context, "text").fails("text is nothing that can be run", "a manifest (JSON)")
    refused(context, "empty").fails("empty is nothing that can be run")
    refused(context, "absent").fails("absent: No such file or directory")
    refused(context, "/dev/null").fails("/dev/null is no file")


@test
def an_image_is_no_thing_to_build(context):
    bring(context, "greet-static")
    context.cella("build", "greet-static").succeeds()
    refused(context, "greet-static.img").fails("greet-static.img is an image already")


@test
def a_command_line_without_sense_is_told_from_failures(context):
    for words, complaint in ((["build"], "of what?"), (["build", "a", "b"], "one thing at a time"),
                             (["build", "-x", "a"], "no option -x"),
                             (["build", "--nothing", "a"], "no option --nothing"),
                             (["build", "-o"], "-o wants a value"),
                             (["build", "--slack", "much", "a"], "number of MiB"),
                             (["inspect"], "of what?"), (["inspect", "-z", "a"], "no option -z")):
        run = context.cella(*words).says(complaint, "--help")
        claim(run.status == 2, f"the status is {run.status}")


# --- a manifest -------------------------------------------------------------------------

@test
def a_manifest_says_all_of_an_image(context):
    bring(context, "greet-static")
    write(context, "etc/motd", "hello\n", 0o666)
    write(context, "data/run", "text", 0o700)
    write(context, "data/inner/deep", "text", 0o640)
    write(context, "data/link", "-> inner/deep")
    write(context, "over/.hidden/file")
    write(context, "over/seen")
    manifest(context, Program="/bin/greet", Args=["greet", "-v"], Env={"Z": "1", "A": "2"}, Cwd="/data",
             Files=["etc/motd"], Dirs=["data"], MapDirs={"greet-*": "/tools", "over/*": "/"},
             RunConfig={"Memory": "64m"})
    write(context, "add/bin/greet", (GUESTS / "greet-static").read_bytes(), 0o600)
    image = build(context, "--add", "add", "m.json", "--", "more")
    found = files(context, image)
    claim({p: found.get(p) for p in ("/etc/motd", "/data", "/data/run", "/data/inner", "/data/inner/deep",
                                     "/data/link", "/tools/greet-static", "/usr/bin/greet", "/seen")}
          == {"/etc/motd": ("-0644", None), "/data": ("d0755", None), "/data/run": ("-0755", None),
              "/data/inner": ("d0755", None), "/data/inner/deep": ("-0644", None),
              "/data/link": ("l0777", "inner/deep"), "/tools/greet-static": ("-0755", None),
              "/usr/bin/greet": ("-0755", None), "/seen": ("-0644", None)}, f"there are {found}")
    claim("/.hidden/file" not in found, "a pattern matched a hidden file")
    said = said_in(image)
    claim(said == {"Program": "/bin/greet", "Args": ["greet", "-v", "more"], "Env": {"Z": "1", "A": "2"},
                   "Cwd": "/data", "RunConfig": {"Memory": "64m"}}, f"the manifest says {said}")
    claim(list(said["Env"]) == ["Z", "A"], "the order of variables changed")


@test
def a_file_of_the_user_wins_over_that_of_every_image(context):
    bring(context, "greet-static")
    write(context, "etc/passwd", "own\n")
    manifest(context, Program="greet-static", Files=["etc/passwd"])
    image = build(context, "m.json")
    claim(content(image, "/etc/passwd") == "own\n", "it does not")
    claim(content(image, "/etc/group") != "", "the other one is not there")


@test
def a_relative_program_is_a_file_beside_the_manifest(context):
    write(context, "in/here/greet", (GUESTS / "greet-static").read_bytes())
    manifest(context, "in/m.json", Program="here/greet")
    image = build(context, "in/m.json")
    claim(said_in(image) == {"Program": "/here/greet", "Args": ["here/greet"]}, manifest_of(image))
    claim(files(context, image)["/here/greet"] == ("-0755", None), "it is not there")


@test
def files_of_the_root_keep_their_modes_and_links(context):
    bring(context, "greet-static")
    write(context, "root/usr/bin/tool", "#!/bin/tool", 0o4755)
    write(context, "root/bin", "-> usr/bin")
    write(context, "root/etc/alternatives/tool", "-> /usr/bin/tool")
    write(context, "root/usr/bin/alias", "-> /etc/alternatives/tool")
    write(context, "root/usr/share/some/secret", "text", 0o600)
    write(context, "root/usr/share/some/dangling", "-> nowhere")
    write(context, "root/usr/share/some/out", "-> ../other")
    write(context, "root/usr/share/other/file")
    write(context, "root/usr/share/other/back", "-> ../some")
    manifest(context, Program="greet-static", TargetRoot="root", Files=["/bin/alias"],
             Dirs=["/usr/share/some"])
    found = files(context, build(context, "m.json"))
    claim(found["/usr/bin/alias"] == ("l0777", "/etc/alternatives/tool"), str(found))
    claim(found["/etc/alternatives/tool"] == ("l0777", "/usr/bin/tool"), str(found))
    claim(found["/usr/bin/tool"] == ("-4755", None), str(found))
    claim(found["/usr/share/some/secret"] == ("-0600", None), str(found))
    claim(found["/usr/share/some/dangling"] == ("l0777", "nowhere"), str(found))
    claim("/usr/share/other/file" in found, "what a link leads to is not there")


@test
def a_root_with_folders_instead_of_links_is_read_as_merged(context):
    bring(context, "greet-static")
    write(context, "root/bin/one", "text", 0o755)
    write(context, "root/usr/bin/two", "text", 0o755)
    manifest(context, Program="greet-static", TargetRoot="root", Files=["/usr/bin/one", "/bin/two"])
    found = files(context, build(context, "m.json"))
    claim({"/usr/bin/one", "/usr/bin/two"} <= set(found), str(found))


@test
def links_out_of_the_root_stay_in_it(context):
    bring(context, "greet-static")
    write(context, "root/etc/own", "-> /etc/hostname")
    write(context, "root/up", "-> ../../../../../etc/passwd")
    manifest(context, Program="greet-static", TargetRoot="root", Files=["/etc/own"])
    refused(context, "m.json").fails("\"Files\": /etc/own is not in ./root")
    manifest(context, Program="greet-static", TargetRoot="root", Files=["/up"])
    refused(context, "m.json").fails("\"Files\": /up is not in ./root")


@test
def a_circle_of_links_is_an_error(context):
    bring(context, "greet-static")
    write(context, "root/one", "-> two")
    write(context, "root/two", "-> one")
    manifest(context, Program="greet-static", TargetRoot="root", Files=["/one"])
    refused(context, "m.json").fails("/one is not in ./root")


@test
def packages_are_a_root(context):
    bring(context, "greet-static")
    archive = Archive(context)
    archive.publish(package("prog", "1.0", files={"usr/share/prog/data": "1.0\n"}))
    context.cella("pkg", "get", "prog").succeeds()
    manifest(context, Program="greet-static", Packages=["prog"], Files=["/usr/share/prog/data"])
    archive.remove()
    image = build(context, "m.json")
    claim(content(image, "/usr/share/prog/data") == "1.0\n", "its file is not there")
    manifest(context, Program="greet-static", Packages=["absent"])
    context.cella("build", "m.json").fails("absent")


@test
def further_manifests_choose_other_programs(context):
    bring(context, "greet-static")
    manifest(context, "other.json", Program="/bin/greet-static", Args=["other"])
    image = build(context, "--also", "other.json", "greet-static")
    claim(json.loads(manifest_of(image, "other"))["Args"] == ["other"], "it is not there")
    manifest(context, "bad.json", Program="/bin/greet-static", Args="other")
    refused(context, "--also", "bad.json", "greet-static").fails("bad.json:1:42: \"Args\" must be an array")
    manifest(context, "files.json", Program="/bin/greet-static", Files=["x"])
    refused(context, "--also", "files.json", "greet-static").fails(
        "files.json: a further manifest cannot have \"Files\"")


@test
def mistakes_in_a_manifest_are_named_with_their_place(context):
    for text, complaint, hint in (
            ('{"Program": "/a",\n  "Flies": []}', 'm.json:2:3: unknown key "Flies"', '"Files"'),
            ('{"Program": "/a", "Klibs": []}', 'm.json:1:19: the key "Klibs" is one of ops', "leave it out"),
            ('{"Program": "/a"', "m.json:1:16: ", ""),
            ("", "m.json:1:0: ", ""),
            ("[]", "m.json:1:1: a manifest must be an object", ""),
            ("{}", "m.json:1:1: it does not say what to run", "Program")):
        write(context, "m.json", text)
        refused(context, "m.json").fails(complaint, hint)
    write(context, "m.json", '{"Program": "/a", "Env": {"A": "' + 131072 * "x" + '"}}')
    refused(context, "m.json").fails("m.json is too long for a manifest")


@test
def what_a_manifest_names_must_be_there(context):
    bring(context, "greet-static")
    write(context, "file")
    write(context, "folder/file")
    good = {"Program": "greet-static"}
    for keys, complaint in (
            ({"TargetRoot": "nowhere"}, "the TargetRoot ./nowhere is no folder"),
            ({"TargetRoot": "file"}, "the TargetRoot ./file is no folder"),
            ({"Files": ["absent"]}, '"Files": ./absent: No such file'),
            ({"Files": ["folder"]}, '"Files": ./folder is a folder'),
            ({"Dirs": ["file"]}, '"Dirs": ./file is no folder'),
            ({"Files": ["../file"]}, '"Files": ../file leaves the manifest\'s folder'),
            ({"Files": ["/absent"]}, '"Files": /absent is not in /usr/riscv64-linux-gnu'),
            ({"Files": ["/lib"]}, '"Files": /lib is a folder'),
            ({"Dirs": ["/lib/libc.so.6"]}, '"Dirs": /lib/libc.so.6 is no folder'),
            ({"MapDirs": {"none*": "/"}}, '"MapDirs": nothing matches ./none*'),
            ({"Program": "/bin/absent"}, "the program /bin/absent is not there"),
            ({"Program": "absent"}, "the program absent is not there"),
            ({"Program": "file"}, "/file) is neither"),
            ({"Program": "/tmp"}, "the program /tmp is a folder"),
            ({"MapDirs": {"file": "/tmp", "folder/file": "/tmp/file"}}, "cannot be a file and a folder")):
        manifest(context, **{**good, **keys})
        refused(context, "m.json").fails(complaint)


# --- a folder ---------------------------------------------------------------------------

@test
def a_ready_root_is_taken_as_it_is(context):
    write(context, "root/bin/one", "text", 0o4711)
    write(context, "root/.cella/manifest.json", '{"Program":"/bin/one"}')
    os.link(context.folder / "root/bin/one", context.folder / "root/bin/two")
    image = build(context, "root")
    found = files(context, image)
    claim(found["/bin/one"] == ("-4711", None), f"the mode changed: {found}")
    claim("/etc/passwd" not in found and "/usr" not in found, f"more is there: {found}")
    claim(manifest_of(image) == '{"Program":"/bin/one"}', "the manifest changed")
    claim("Links: 2" in debugfs(image, "stat /bin/two"), "two names are two files")


@test
def arguments_for_a_ready_root_are_appended_to_its_manifest(context):
    write(context, "root/.cella/manifest.json", '{"Program":"/bin/one"}')
    claim(said_in(build(context, "root", "--", "more"))["Args"] == ["/bin/one", "more"], "they are not")


@test
def a_folder_that_says_not_what_to_run_is_refused(context):
    write(context, "root/bin/one")
    refused(context, "root").fails("the folder root has no /.cella/manifest.json", "--root")


@test
def a_bad_manifest_of_a_ready_root_is_a_warning(context):
    write(context, "root/.cella/manifest.json", '{"Programme":"/bin/one"}')
    context.cella("build", "-o", "x.img", "root").succeeds("warning: ", ':1:2: unknown key "Programme"')


@test
def sockets_and_the_like_are_refused(context):
    write(context, "root/.cella/manifest.json", '{"Program":"/bin/one"}')
    os.mkfifo(context.folder / "root/pipe")
    refused(context, "root").fails("root/pipe is neither a file nor a folder nor a link")


# --- the file ---------------------------------------------------------------------------

@test
def the_same_files_give_the_same_bytes_wherever_and_by_whomever(context):
    images = []
    for place, mask, modes in (("one", "022", (0o755, 0o644)), ("two/deeper", "077", (0o700, 0o600))):
        for name, mode in (("greet", modes[0]), ("zoo", modes[1]), ("ant", modes[1])):
            write(context, f"{place}/{name}", (GUESTS / "greet").read_bytes(), mode)
        manifest(context, f"{place}/m.json", Program="greet", Files=["zoo", "ant"])
        context.run("sh", "-c", f"umask {mask} && {CELLA} build -o {place}/x.img {place}/m.json").succeeds()
        images.append((context.folder / place / "x.img").read_bytes())
    claim(images[0] == images[1], "they differ")


@test
def times_are_those_of_source_date_epoch(context):
    bring(context, "greet-static")
    one = build(context, "greet-static")
    claim("1735689600" in debugfs(one, "stat /bin") or "2025" in debugfs(one, "stat /bin"), "not 2025")
    context.environment["SOURCE_DATE_EPOCH"] = "1000000000"
    two = build(context, "greet-static", image="y.img")
    claim("2001" in debugfs(two, "stat /usr/bin/greet-static"), "not the second that is given")
    context.environment["SOURCE_DATE_EPOCH"] = "yesterday"
    refused(context, "greet-static").fails("SOURCE_DATE_EPOCH is `yesterday`")


def nobody():
    """What goes before a command to have it run without rights, if we are root."""
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []


def by_nobody(context, *words):
    context.folder.chmod(0o777)
    return context.run(*nobody(), CELLA, "build", *words)


def nobody_may_not_come_here():
    """A source tree in root's home, say, is closed to others, and the tool reads files of it."""
    reached = subprocess.run([*nobody(), "test", "-r", ROOT / "tools/image/base/etc/passwd", "-a", "-x", CELLA])
    return "the source tree or the build folder is closed to other users" if reached.returncode else None


@test(unless=nobody_may_not_come_here)
def everything_belongs_to_root_whoever_builds_it(context):
    bring(context, "greet-static")
    by_nobody(context, "-o", "x.img", "greet-static").succeeds()
    image = context.folder / "x.img"
    for path in ("/", "/usr/bin/greet-static", "/bin", "/.cella/manifest.json"):
        claim("User:     0   Group:     0" in debugfs(image, f"stat {path}"), f"{path} does not")
    claim(image.read_bytes() == build(context, "greet-static", image="y.img").read_bytes(), "they differ")


@test(unless=nobody_may_not_come_here)
def without_the_right_to_write_or_read_nothing_is_made(context):
    bring(context, "greet-static")
    (context.folder / "closed").mkdir(mode=0o555)
    by_nobody(context, "-o", "closed/x.img", "greet-static").fails("cannot write closed/x.img: Permission denied")
    (context.folder / "greet-static").chmod(0)
    by_nobody(context, "-o", "x.img", "greet-static").fails("greet-static cannot be read: Permission denied",
                                                            "make it readable")
    claim(not list(context.folder.glob("**/*.img*")), "something was made")


@test
def free_space_is_what_was_asked_for(context):
    bring(context, "greet-static")
    small, large = (build(context, "--slack", n, "greet-static", image=f"{n}.img") for n in ("1", "101"))
    claim(large.stat().st_size - small.stat().st_size == 100 << 20, "it is not")


@test
def what_cannot_be_written_is_an_error_and_leaves_nothing(context):
    bring(context, "greet-static")
    (context.folder / "taken.img").mkdir()
    run = context.cella("build", "-o", "taken.img", "greet-static")
    run.fails("cannot write taken.img: ", "-o")
    context.cella("build", "-o", "no/where.img", "greet-static").fails("cannot write no/where.img: No such")
    names = sorted(p.name for p in context.folder.iterdir() if p.name != "xdg")
    claim(names == ["greet-static", "taken.img"], f"there are {names}")


@test
def an_old_image_stays_if_the_new_one_fails(context):
    bring(context, "greet-static")
    write(context, "x.img", "old")
    write(context, "path/mke2fs", "#!/bin/sh\necho no luck today >&2\nexit 1\n", 0o755)
    context.environment["PATH"] = f"{context.folder}/path:{context.environment['PATH']}"
    refused(context, "greet-static").fails("mke2fs could not make the file system: no luck today")
    claim((context.folder / "x.img").read_text() == "old", "it is gone")


@test
def a_build_that_is_interrupted_leaves_nothing(context):
    bring(context, "greet-static")
    write(context, "path/mke2fs", "#!/bin/sh\nkill -TERM $PPID\nexec sleep 100\n", 0o755)
    scratch = context.folder / "scratch"
    scratch.mkdir()
    context.environment["TMPDIR"] = str(scratch)
    context.environment["PATH"] = f"{context.folder}/path:{context.environment['PATH']}"
    run = refused(context, "greet-static")
    claim(run.status == -signal.SIGTERM, f"the status is {run.status}")


@test
def verbose_says_where_everything_comes_from(context):
    bring(context, "greet")
    context.cella("build", "-v", "greet").succeeds(
        "/usr/bin/greet 0755 greet (the program)",
        "/usr/lib/libc.so.6 0755 /usr/riscv64-linux-gnu/lib/libc.so.6 (needed by /usr/bin/greet)")


