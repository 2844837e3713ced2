#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Comparing with Linux must be able to fail: what compares and what records, fed with bad results.

No machine is booted: cases.boot is replaced, and linux.Machine reads what a shell command prints.
"""

import contextlib
import io
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracle")]
import cases  # noqa: E402
import left  # noqa: E402
import linux  # noqa: E402
import normalise  # noqa: E402
import record  # noqa: E402
import session  # noqa: E402

NONCE = "5eed"
BAD = []


def claim(name, good, seen=""):
    print(f"{'ok' if good else 'not ok'} - {name}")
    if not good:
        BAD.append(name)
        print(seen)


def spoken(function, *arguments):
    """(what function returns, what it prints)"""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        value = function(*arguments)
    return value, out.getvalue()


# --- comparing ---

def compared(run, out=b"text\n", status="3\n", patterns=(), by_claim=False, on_disk=None):
    """(exit status, lines) of a suite of one case that did run. None: no such file of the record."""
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        if on_disk is not None:
            (place / "a.left").write_bytes(on_disk)
        if out is not None:
            (place / "a.out").write_bytes(out)
        if status is not None:
            (place / "a.status").write_text(status)
        expected = cases.Expectation(place / "a.out", place / "a.status", place / "a.left")
        cases.boot, cases.BUILD, cases.PLATFORMS = lambda *_: run, place / "build", ["toy"]
        return spoken(cases.run, "suite", [cases.Case("a", place / "a.img", expected, by_claim=by_claim)],
                      patterns)


def did(output=b"text\n", status=3, damage="", on_disk=None):
    return cases.Run(output, status, b"the console\n", damage, on_disk)


def fails(name, words, *arguments, **named):
    status, text = compared(*arguments, **named)
    claim(name, status == 1 and "not ok - a: " in text and words in text, text)


def comparing():
    status, text = compared(did())
    claim("what is as expected passes", status == 0 and "\nok - a\n" in text, text)
    fails("another output fails", "output differs\n", did(b"test\n"))
    fails("a line break too few fails", "output differs\n", did(b"text"))
    fails("a carriage return too many fails", "output differs\n", did(b"text\r\n"))
    fails("other bytes that are no text fail", "output differs\n", did(b"\xff\n"), b"\xfe\n")
    fails("no output fails", "output differs\n", did(b""))
    fails("another status fails", "exit status 0 instead of 3", did(status=0))
    fails("a signal fails", "exit status 139 instead of 3", did(status=139))
    fails("a hang fails", "still running", did(status=None))
    fails("a damaged file system fails", "file system is damaged\nhow", did(damage="how"))
    claim("what is left on the disk passes if it is as expected",
          compared(did(on_disk=b"+ /a\n"), on_disk=b"+ /a\n")[0] == 0)
    fails("another file on the disk fails", "left on the disk differs\n", did(on_disk=b"+ /b\n"), on_disk=b"+ /a\n")
    fails("nothing left on the disk fails", "left on the disk differs\n", did(on_disk=b""), on_disk=b"+ /a\n")
    fails("a disk that nobody recorded fails", "there is no record", did(on_disk=b""))
    fails("a missing record fails", "there is no record", did(), out=None)
    fails("a missing status fails", "there is no record", did(), status=None)
    fails("a status that is no number fails", "there is no record", did(), status="\n")
    claim("a suite without a case fails", compared(did(), patterns=["b"])[0] == 1)


def judged(name, lines, printed, expected=b"a\n--- one\n1\n--- two\n2\n", status=3):
    """The lines of a suite of one case that is reported by its claims."""
    ended, text = compared(did(printed, status), expected, by_claim=True)
    found = [line for line in text.split("\n") if line.startswith(("ok", "not ok"))]
    claim(name, found == lines and ended == any(line.startswith("not") for line in lines), text)


def claims():
    whole, differs = b"a\n--- one\n1\n--- two\n2\n", "the output differs"
    order = "the sections differ from what is expected, or stand in another order"
    judged("each claim is a test", ["ok - a", "ok - a: one", "ok - a: two"], whole)
    judged("a wrong claim fails, and no other",
           ["ok - a", f"not ok - a: one: {differs}", "ok - a: two"], whole.replace(b"1", b"7"))
    judged("what stands before the claims counts",
           [f"not ok - a: {differs}", "ok - a: one", "ok - a: two"], b"b" + whole[1:])
    judged("a claim that is not reached fails, and so does the program",
           [f"not ok - a: {order}", "ok - a: one", "not ok - a: two: was not reached"], whole[:12])
    judged("a claim that nobody expects fails",
           ["not ok - a: printed what nobody expects: 3", "ok - a: one", "ok - a: two"], whole + b"--- 3\n")
    judged("a status fails though each claim holds",
           ["not ok - a: exit status 4 instead of 3", "ok - a: one", "ok - a: two"], whole, status=4)
    judged("claims that stand in another order fail",
           [f"not ok - a: {order}", "ok - a: one", "ok - a: two"], b"a\n--- two\n2\n--- one\n1\n")
    judged("a claim made twice is judged twice",
           ["ok - a", "ok - a: one", f"not ok - a: one (2): {differs}"],
           b"--- one\n1\n--- one\n3\n", b"--- one\n1\n--- one\n2\n")


# --- recording ---

class FakeMachine(linux.Machine):
    """Prints what PRINTS says, and ends with status ENDS."""
    PRINTS, ENDS = "", 0

    def __init__(self, _):
        self.nonce, self.seen, self.case, self.copies = NONCE, b"", None, {}
        self.scratch = tempfile.TemporaryDirectory()
        self.child = subprocess.Popen(
            ["sh", "-c", 'printf "$0"; exit $1', self.PRINTS.replace("@", NONCE), str(self.ENDS)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)


START = r"firmware\r\n@ linux 6 #1\r\n@ begin 0\r\n"
DONE = r"@ done\r\n"


def recorded(prints, ends=0, steps=None):
    """The result, or the words of the Trouble. steps: a session's text."""
    FakeMachine.PRINTS, FakeMachine.ENDS = prints, ends
    linux.Machine = FakeMachine
    with tempfile.NamedTemporaryFile("w", suffix=".session") as file:
        file.write(steps or "")
        file.flush()
        typed = pathlib.Path(file.name) if steps else None
        try:
            case = linux.Case("a", pathlib.Path("a.img"), session=typed)
            result = linux.run_some([(case, {})])[1][0]
        except linux.Trouble as trouble:
            return f"Linux: {trouble}"
    return f"case: {result}" if isinstance(result, linux.Trouble) else result


def records(name, want, *arguments):
    got = recorded(*arguments)
    claim(name, got == want or isinstance(got, str) and isinstance(want, str) and
          got.startswith(want), repr(got))


def recording():
    records("output and status are recorded", linux.Result(b"one\ntwo", 7),
            START + r"one\r\ntwo@ end 0 exited 7\r\n" + DONE)
    records("so are a signal, and bytes that look like marks", linux.Result(b"6 end 0 exited 0\n", 139),
            START + r"6 end 0 exited 0\r\n@ end 0 killed 11\r\n" + DONE)
    records("a program that was not started has no result", "case: the program was not started",
            START + r"@ end 0 unstarted 2\r\n" + DONE)
    records("one that does not end has none", "case: still running",
            START + r"text@ end 0 late 60\r\n" + DONE)
    records("a Linux that ends within a case gives none", "Linux: in a: Linux ended early",
            START + r"text\r\nKernel panic\r\n")
    records("one that ends after the last case gives none", "Linux: Linux ended early",
            START + r"@ end 0 exited 0\r\n")
    records("one that is switched off with an error gives none", "Linux: QEMU ended with status 1",
            START + r"@ end 0 exited 0\r\n" + DONE, 1)
    records("one that could not be prepared gives none", "Linux: in a: Linux could not be prepared",
            r"@ linux 6 #1\r\n@ broken /dev: no\r\n")
    records("output outside of cases gives none", "Linux: in a: something was printed between",
            r"@ linux 6 #1\r\noops@ begin 0\r\n@ end 0 exited 0\r\n" + DONE)


    records("a session is recorded from its first byte", linux.Result(b"> text\n> ", 0),
            START + r"> text\r\n> @ end 0 exited 0\r\n" + DONE, 0, 'wait "> "\nwait "> "\n')
    records("one that waits for what does not come has no result", "Linux: in a: the program ended",
            START + r"> text\r\n@ end 0 exited 0\r\n" + DONE, 0, 'wait "> "\nwait "> "\n')


def sitting_there():
    def stuck(text, steps):
        with subprocess.Popen(["printf", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              bufsize=0) as child:
            try:
                session.play(session.Terminal(child, 10), steps)
            except session.Stuck:
                return True
            return False

    claim("what is printed is waited for", not stuck("a b", [("wait", b"a"), ("wait", b"b")]))
    claim("what is not printed is missed", stuck("a b", [("wait", b"c")]))
    claim("what was waited for does not count again", stuck("a b", [("wait", b"b"), ("wait", b"a")]))


def another_linux():
    """The archive has a newer package under the name that is locked."""
    with tempfile.TemporaryDirectory() as folder:
        linux.CACHE, cache = pathlib.Path(folder), linux.CACHE
        linux.tool, tool = lambda *_: b"/packages/linux/2/ffff/linux.deb\n", linux.tool
        try:
            linux.unpacked()
            complaint = ""
        except linux.Trouble as trouble:
            complaint = str(trouble)
        linux.CACHE, linux.tool = cache, tool
    claim("nothing is recorded on another Linux than the locked one", "renew" in complaint, complaint)


def keeping():
    with tempfile.TemporaryDirectory() as folder:
        record.EXPECTED = pathlib.Path(folder)
        case, result = linux.Case("s/a", pathlib.Path("a.img")), linux.Result(b"one\n", 0)
        for name, dry, want, good in [
                ("a result that is not recorded yet is told", True, "new ", False),
                ("a new result is recorded", False, "new ", True),
                ("the same again is the same", True, "same ", True)]:
            got, text = spoken(record.judge, case, result, dry)
            claim(name, text.startswith(want) and got == good, text)
        other = linux.Result(b"two\n", 1)
        got, text = spoken(record.judge, case, other, True)
        claim("a change is shown", "changed" in text and "0 -> 1" in text and "+two" in text and
              not got, text)
        claim("and not recorded when only asked for", record.read(record.place("s/a", ".out")) == b"one\n")
        got, text = spoken(record.judge, case, linux.Trouble("why"), False)
        claim("a failure is told and leaves the record", not got and "FAILED" in text and
              record.read(record.place("s/a", ".out")) == b"one\n", text)


def leaving():
    """Of a small image, each kind of change is seen."""
    def debugfs(*requests):
        script = pathlib.Path(folder) / "script"
        script.write_text("".join(f"{r}\n" for r in requests))
        after.write_bytes(before.read_bytes())
        subprocess.run(["debugfs", "-w", "-f", script, after], env=left.ENV, check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return left.changes(before, after)

    with tempfile.TemporaryDirectory() as folder:
        before, after = pathlib.Path(folder) / "before", pathlib.Path(folder) / "after"
        (pathlib.Path(folder) / "files/d").mkdir(parents=True)
        for name, text in (("a", "old"), ("d/b", "old")):
            (pathlib.Path(folder) / "files" / name).write_text(text)
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-E", "root_owner=0:0", "-d", f"{folder}/files", before, "1M"],
                       env=left.ENV, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        debugfs("sif /a uid 0", "sif /a gid 0", "sif /a mode 0100644")
        before.write_bytes(after.read_bytes())
        old = "/a file 100644 0:0 links 1 size 3 sha256 cba06b5736faf67e\n"
        claim("nothing that changed is nothing", debugfs() == "")
        claim("a file that goes is seen", debugfs("rm /a") == f"- {old}")
        (pathlib.Path(folder) / "new").write_text("new")
        claim("new contents of the same length are seen",
              "size 3 sha256 11507a0e2f5e69d5" in debugfs("rm /a", f"write {folder}/new a"))
        claim("another mode is seen", debugfs("sif /a mode 0100600") == f"- {old}+ {old.replace('644', '600')}")
        claim("another owner is seen", debugfs("sif /a uid 7") == f"- {old}+ {old.replace('0:0', '7:0')}")
        claim("another name of the same file is seen", "+ /c file" in debugfs("ln /a /c", "sif /a links_count 2"))
        claim("a symbolic link is seen", debugfs("symlink s a") == "+ /s link 120777 0:0 links 1 size 1 to a\n")
        claim("a folder is seen", "+ /new directory " in debugfs("mkdir /new"))
        claim("a file far below is seen", "- /d/b file " in debugfs("rm /d/b"))
        claim("an extended attribute is seen", ' user.x="1"\n' in debugfs("ea_set /a user.x 1"))


def normalising():
    """Every image's normaliser keeps words, and has nothing left to do where it was applied."""
    complaint = b"FATAL: thread 3 met error 12 (Cannot allocate memory)\n"
    for program in sorted(cases.ROOT.glob("test/app/*/normalise")):
        image = program.parent.name
        names = [f"app/{image}/{m.stem}" for m in program.parent.glob("*.json")
                 if m.stem != "manifest"]
        claim(f"the normaliser of {image} is found", all(normalise.of(n) == program for n in names))
        for name in names:
            out = cases.recorded(name).out.read_bytes()
            claim(f"what is recorded of {name} has marks only", normalise.apply(program, name, out) == out)
            seen = normalise.apply(program, name, complaint)
            claim(f"a complaint of {name} would be seen", seen == complaint, seen)
    claim("other cases are compared as they are", normalise.of("strace/hello") is None and
          normalise.apply(None, "hello", b"1.5 s\n") == b"1.5 s\n")


if __name__ == "__main__":
    print("# group comparing_with_linux")
    comparing()
    claims()
    recording()
    sitting_there()
    another_linux()
    keeping()
    leaving()
    normalising()
    sys.exit(1 if BAD else 0)
