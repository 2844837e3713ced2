# SPDX-License-Identifier: Apache-2.0
"""gdb with the commands of tools/gdb, on machines that it starts stopped, or that run when it comes."""

import os
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile

import images
from harness import BUILD, CELLA, LIMIT, ROOT, claim, conf, test

COMMANDS = ("cells", "cell", "areas", "threads", "thread-bt", "trace", "program")
PAGE = 4096


def act(*args):
    return images.builder(text=images.manifest(*args))


def debug(t, args, commands, **named):
    return t.debug(t.image(act(*args), "-" + "-".join(args)), commands, **named)


def is_cells(t):
    return "seccells" in conf(t.platform)["cpu"]


# --- what the three say of the table ----------------------------------------------------------
#
# A mapping as a tuple: first and last address, physical address, rights of each compartment as "rwxad".
# Of a cell also slot, generation, validity, grants; these are None under page tables.


def holders(text):
    """Rights and grants, which gdb and the monitor write alike."""
    rights = {int(d): letters for d, letters in re.findall(r"\b(\d+):([-rwxadgv]{7})(?= |$)", text)}
    return rights, re.findall(r"\b(\d+)>(\d+):([-rwx]{3})(?= |$)", text)


def gdb_mappings(text):
    found = []
    for line in text.splitlines():
        m = re.match(r" *(\d+|-)  (\w+)-(\w+)  (\w+) +(\d+) KiB +(\d+|-)( INVALID)?  (.*)", line)
        if m:
            slot, first, last, pa, size, generation, invalid, rest = m.groups()
            claim(int(last, 16) + 1 - int(first, 16) == int(size) * 1024, f"a wrong size: {line}")
            found.append((slot, int(first, 16), int(last, 16), int(pa, 16), generation, not invalid, *holders(rest)))
    return found


def monitor_cells(text):
    found = []
    for line in text.splitlines():
        m = re.match(r" *(\d+)  (\w{16})-(\w{16})  (\w{14}) +(\d+) +(\d+)  (\w+)(.*)", line)
        if m:
            slot, first, last, pa, _, generation, state, rest = m.groups()
            found.append((slot, int(first, 16), int(last, 16), int(pa, 16), generation, state == "valid",
                          *holders(rest)))
    return found


def monitor_pages(text):
    """info mem: ranges with one set of rights, rwx, u, g, a, d."""
    lines = re.findall(r"^(\w{16}) (\w{16}) (\w{16}) ([-rwxugad]{7})$", text, re.M)
    return [(int(va, 16), int(va, 16) + int(size, 16) - 1, int(pa, 16), bits) for va, pa, size, bits in lines]


def kernel_lines(console):
    """What the kernel printed of its table, without its prefix, and the head of it."""
    lines = [line[len("[cella]   "):] for line in console.splitlines() if line.startswith("[cella]   ")]
    starts = [n for n, line in enumerate(lines) if re.match("cell table at|page tables at", line)]
    claim(len(starts) == 1, f"the kernel printed {len(starts)} tables")
    return lines[starts[0]], lines[starts[0] + 1], lines[starts[0] + 2:]


def kernel_cell(line):
    m = re.match(r" *(\d+) (\w+)-(\w+) +(\w+) +(\d+) KiB +(\d+)( INVALID)?  (.*)", line)
    claim(m, f"the kernel's line cannot be read: {line}")
    slot, first, last, pa, _, generation, invalid, rest = m.groups()
    columns, _, offers = rest.partition("[")
    shown = [columns[6 * d:6 * d + 5] for d in range((len(columns) + 5) // 6)]
    rights = {d: text.replace(" ", "-") for d, text in enumerate(shown) if text.strip() not in ("", "-")}
    grants = re.findall(r"(\d+) offers (\w+) to (\d+)", offers)
    return (slot, int(first, 16), int(last, 16), int(pa, 16), generation, not invalid, rights,
            [(granter, to, "".join(c if c in what else "-" for c in "rwx")) for granter, what, to in grants])


def kernel_pages(line):
    m = re.match(r"(\w+)-(\w+) +(\w+) +\d+ KiB  (.{6})", line)
    claim(m, f"the kernel's line cannot be read: {line}")
    first, last, pa, bits = m.groups()
    return int(first, 16), int(last, 16), int(pa, 16), bits


def joined(ranges):
    """Ranges (first, last, physical, what) with those that continue one another made one."""
    result = []
    for first, last, pa, what in ranges:
        if result and result[-1][1] + 1 == first and result[-1][3] == what and \
                result[-1][2] + first - result[-1][0] == pa:
            result[-1] = (result[-1][0], last, result[-1][2], what)
        else:
            result.append((first, last, pa, what))
    return result


def five(letters):
    """Of the letters rwxadgv those that the kernel prints; it prints none without v."""
    return letters[:5] if "v" in letters else ""


def as_kernel_prints(cell):
    *place, rights, grants = cell
    return (*place, {d: five(letters) for d, letters in rights.items() if five(letters)}, grants)


def same(what, one, other):
    for a, b in zip(one, other):
        claim(a == b, f"{what}: {a} against {b}")
    claim(len(one) == len(other), f"{what}: {len(one)} mappings against {len(other)}")


def compare_cells(gdb, monitor, console):
    mine, theirs = gdb_mappings(gdb), monitor_cells(monitor)
    same("gdb and monitor", mine, theirs)
    claim(gdb.strip().splitlines()[-1] == monitor.strip().splitlines()[-1], "gdb and monitor end differently")
    head, _, lines = kernel_lines(console)
    same("gdb and kernel", [as_kernel_prints(cell) for cell in mine], [kernel_cell(line) for line in lines])
    base, size, cells, capacity, domains, rows = re.match(
        r"cell table at (\w+), (\d+) bytes: (\d+) of (\d+) cells, (\d+) of (\d+) domains", head).groups()
    claim(f"{cells} cells, " in gdb and f"table at {base}," in gdb and f"R={rows} M={domains} " in gdb and
          f"room for {capacity} cells" in gdb, f"the kernel's head and gdb's last line differ: {head}")
    T = int(re.search(r"T=(\d+)", gdb)[1])
    claim(int(size) == 64 * T * (16 + 5 * int(rows)), "the kernel's size of the table is another one")
    claim([grants for *_, grants in mine if grants] == [[("1", "1", "r--")]], "the offer is not there")
    claim(any(rights.get(1, "")[:3] == "---" for *_, rights, _ in mine), "the page without rights is not there")
    claim(any(rights.get(1, "")[:3] == "rwx" for *_, rights, _ in mine), "the page with all rights is not there")


def attributes(rights):
    """As info mem has them. U is what compartment 1's rights are made of."""
    (who, letters), = rights.items()
    return letters[:3] + ("u" if who else "-") + letters[5] + letters[3:5]



def kernel_attributes(rights):
    """As the kernel has them: a dash for r, w, x that is not there, a blank for the others."""
    (who, letters), = rights.items()
    return letters[:3] + letters[3:5].replace("-", " ") + ("u" if who else " ")


def compare_pages(gdb, monitor, console):
    mine = gdb_mappings(gdb)
    ranges = [(first, last, pa, rights) for _, first, last, pa, _, _, rights, _ in mine]
    valid = [(first, last, pa, attributes(r)) for first, last, pa, r in ranges if "v" in next(iter(r.values()))]
    same("gdb and monitor", joined(valid), joined(monitor_pages(monitor)))
    head, _, lines = kernel_lines(console)
    same("gdb and kernel", joined([(*place, kernel_attributes(r)) for *place, r in ranges]),
         joined([kernel_pages(line) for line in lines]))
    claim(f"page tables at {re.search('at (0x[0-9a-f]+)', head)[1]}:" in gdb, "the roots differ")
    claim(len(valid) < len(ranges), "the page without rights is not there")
    claim(any(bits.startswith("rwxu") for *_, bits in valid), "the page with all rights is not there")


# No program offers rights yet, so this puts an offer into the table: of "r" on the page that may only be read.
OFFER = "python " + """
from cella_gdb import machine, table
cell = next(m for m in table.read().mappings if m.rights.get(1) == 'r--ad-v' and m.end - m.start == 0xfff)
base = machine.table_base()
R, T = (machine.word(machine.read_physical(base, 8), at, 4) for at in (0, 4))
granter, receiver, read = 1, 1, 2
place = base + 1024 * T + 64 * T * R + 256 * T * granter + 4 * cell.slot
machine.write_physical(place, (receiver << 4 | read).to_bytes(4, 'little'))
""".strip().replace("\n", "; ")


@test
def monitor_and_gdb_and_kernel_agree_on_every_mapping(t):
    cells = is_cells(t)
    answers, console = debug(
        t, ["maps"],
        ["break pmap_dump", "continue", OFFER if cells else "echo", "cells",
         "monitor info cells" if cells else "monitor info mem", "finish", "cells", "delete", "continue"],
        arguments="debug")
    first, monitor, second = answers[3], answers[4], answers[6]
    claim(first == second, "the table changed while the kernel printed it")
    (compare_cells if cells else compare_pages)(first, monitor, console)


# --- before there is anything to see ----------------------------------------------------------


@test
def each_command_says_what_is_missing_before_the_kernel_has_started(t):
    answers, _ = debug(t, ["exit", "0"], ["cells", "cell $pc", "threads", "areas", "trace"])
    for answer in answers[:3]:
        claim(answer == "translation is not on yet; `continue` to kmain first\n", f"it says {answer!r}")
    claim(answers[3] == "no program has been loaded yet; `program` goes to its start\n", f"areas says {answers[3]!r}")
    claim(answers[4].startswith("no records; recorded: nothing; there are vm,fault,"), f"trace says {answers[4]!r}")


@test
def each_command_has_help_and_wrong_words_are_refused(t):
    wrong = ["cells all", "cell", "threads -x", "thread-bt act", "trace sideways", "trace on cats", "program away",
             "complete trace on s", "complete cells k"]
    answers, _ = debug(t, ["exit", "0"], [f"help {c}" for c in COMMANDS] + ["help user-defined"] +
                       ["break main", "continue"] + wrong)
    for command, text in zip(COMMANDS, answers):
        claim(len(text.splitlines()) >= 5 and re.search(rf"^ +{command}\b", text, re.M), f"no help for {command}")
    claim("tracepoints" in answers[COMMANDS.index("trace")], "that gdb's own trace is hidden is not told")
    claim(all(re.search(rf"^{c}[ ,]", answers[len(COMMANDS)], re.M) for c in COMMANDS), "not all are listed")
    refusals = answers[-len(wrong):]
    for command, text in zip(wrong[:5], refusals):
        claim(len(text.splitlines()) == 1 and command.split()[0] in text, f"{command} says {text!r}")
    claim(refusals[5].startswith("no class cats; there are vm,fault,"), f"an unknown class: {refusals[5]!r}")
    claim("program entry" in refusals[6], f"program away says {refusals[6]!r}")
    claim(refusals[7] == "trace on sched\ntrace on syscall\n", f"completed to {refusals[7]!r}")
    claim(refusals[8] == "cells kernel\n", f"completed to {refusals[8]!r}")


# --- cell -------------------------------------------------------------------------------------


@test
def cell_names_what_maps_an_address_and_what_it_lets_through(t):
    answers, _ = debug(t, ["exit", "0"], ["break main", "continue", "cells", "p/x $pc", "cell $pc", "cell $sp",
                                          "cell 0x1000", "cell trap_entry", "cell 0x0100000000000000"])
    mappings, pc = gdb_mappings(answers[2]), int(answers[3].split("=")[1], 16)
    first, last, physical = next(m[1:4] for m in mappings if m[1] <= pc <= m[2])
    code, stack, null, kernel, far = answers[4:]
    claim(f"{first:010x}-{last:010x}" in code.splitlines()[0], "not the cell of the pc")
    claim(f"{pc:#x} is physical {physical + pc - first:#x}\n" in code, "another physical address")
    claim("compartment 1: may read, execute; faults on write  <- this hart" in code, "wrong rights on code")
    claim("the kernel: faults on read, write, execute (no view of it)" in code, "the kernel has no view of it")
    claim("[stack]" in stack and "may read, write; faults on execute" in stack, "wrong rights on the stack")
    claim(null.startswith("nothing maps 0x1000: every access faults\n  in no area: an access is a SIGSEGV\n"),
          "page 1 is not mapped, and in no area")
    below = min(m[1] for m in mappings)
    claim(re.search(rf"^  above: (\d+|-)  {below:010x}-", null, re.M) and "below:" not in null, "wrong neighbours")
    claim("kernel text" in kernel and "the kernel: may read, execute; faults on write\n" in kernel,
          "wrong rights on the kernel's text")
    claim("no canonical address" in far, "an address that is none")


# --- areas ------------------------------------------------------------------------------------


def segments(path):
    """(first page, one past the last one with bytes of the file, rights, offset) of an ELF file's segments."""
    data = path.read_bytes()
    headers, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    for i in range(count):
        kind, flags, offset, va, _, length, _, _ = struct.unpack_from("<IIQQQQQQ", data, headers + i * size)
        if kind == 1:
            rights = "".join(c if flags & bit else "-" for c, bit in (("r", 4), ("w", 2), ("x", 1))) + "p"
            yield va & -PAGE, (va + length + PAGE - 1) & -PAGE, rights, offset & -PAGE


def area_lines(text):
    found = re.findall(r"^(\w+)-(\w+) (....) (\w+) 00:00 0 *(.*)$", text, re.M)
    return [(int(start, 16), int(end, 16), rights, int(offset, 16), name)
            for start, end, rights, offset, name in found]


@test
def areas_are_those_of_the_elf_file_when_the_program_starts(t):
    answers, _ = debug(t, ["exit", "0"], ["program entry", "areas", "areas $sp", "areas 0x1000"])
    areas = area_lines(answers[1])
    want = [(*s, "/bin/act") for s in segments(images.OUT / "act")]
    claim([a for a in areas if a[4] == "/bin/act"] == want, f"not the segments: {want}")
    claim([a[4] for a in areas if a[4].startswith("[")] == ["[stack]", "[vvar]", "[vdso]"], "stack and vdso are missing")
    claim([a[4] for a in area_lines(answers[2])] == ["[stack]"], "the stack pointer is in another area")
    claim(answers[3].startswith("0x1000 is in no area") and area_lines(answers[3]) == areas[:1], "a wrong neighbour")


@test
def areas_are_what_the_kernel_lists(t):
    answers, console = debug(t, ["maps"], ["break pmap_dump", "continue", "areas", "delete", "continue"],
                             arguments="debug")
    kernel = re.findall(r"^\[cella\]   (\w+-\w+ [rwxsp-]{4} .*)$", console, re.M)
    mine = answers[2].splitlines()
    claim(mine == [line.rstrip() for line in kernel] and len(mine) > 8, f"the kernel lists {kernel}")


# --- threads ----------------------------------------------------------------------------------


STATE = "info registers general priv sstatus satp"


def thread_lines(text):
    """{name: (mark, number, kind, state, what)}"""
    found = re.findall(r"^([* ]) *(\d+)  (\S+) +(user|kernel) +(\w+) +(.*)$", text, re.M)
    return {name: (mark, int(tid), kind, state, what) for mark, tid, name, kind, state, what in found}


@test
def threads_show_who_runs_and_who_sleeps_where(t):
    answers, _ = debug(t, ["exit", "0"], ["break main", "continue", STATE, "threads", "threads -b", "thread-bt 77",
                                          STATE, "bt"])
    threads = thread_lines(answers[3])
    claim(threads["act"][0] == "*" and threads["act"][2:4] == ("user", "running") and " main" in threads["act"][4],
          "the program does not run main")
    claim([n for n, line in threads.items() if line[0] == "*"] == ["act"], "more than one runs")
    claim(threads["tty"][2:4] == ("kernel", "sleeping") and "waits in next_received on tty+" in threads["tty"][4],
          "the terminal's thread does not wait for keys")
    tty = answers[4].split(" tty ")[1].split("  act ")[0]
    claim(re.search(r"waitq_sleep_until.*tty_thread.*kernel_thread_main", tty, re.S), "not its backtrace")
    claim("there is no thread 77" in answers[5], "a thread that is not there")
    claim(answers[2] == answers[6], "the hart's registers are not what they were")


@test
def a_sleeping_program_is_seen_from_its_main_into_the_kernel(t):
    """gdb comes to a machine that runs, and perhaps before the program has gone to sleep."""
    act_thread = "next(x for x in threads.all_threads() if x.name == 'act')"
    answers, _ = t.debug_running(t.image(act("wait")), "act wait\n", [
        "python from cella_gdb import threads",
        f"python while {act_thread}.state != 'sleeping': gdb.execute('tbreak switch_away'); gdb.execute('continue')",
        "threads", f"python gdb.execute('thread-bt ' + str({act_thread}.tid))", "program symbols"])
    mark, _, kind, state, what = thread_lines(answers[2])["act"]
    claim((mark, kind, state) == (" ", "user", "sleeping"), "the program does not sleep")
    claim(re.fullmatch(r"waits in \w+ on tty\+\d+; system call read from 0x\w+ (__)?(libc_)?read\+\d+", what),
          f"it {what}")
    claim(re.search(r"waitq_sleep_until .*<signal handler called>.* in (__libc_)?read \(.*\bmain \(", answers[3],
                    re.S),
          "not the way from main into the kernel")
    claim("/bin/act at 0x0 from " in answers[4], "a program that runs already has no symbols")


# --- trace ------------------------------------------------------------------------------------


@test
def trace_switches_classes_and_shows_the_ring(t):
    answers, console = debug(t, ["null"], ["break process_start", "continue", "trace on fault,exec", "trace",
                                           "break report_fault", "continue", "trace", "trace 1", "trace off exec",
                                           "trace off", "trace"])
    claim(answers[2].startswith("recorded: fault,exec; there are "), f"on says {answers[2]!r}")
    claim(answers[3].startswith("no records; recorded: fault,exec"), "records before there can be any")
    *ring, state = answers[6].splitlines()
    claim(re.fullmatch(r"\d+\.\d{6} fault: va=0x\w+ access=[124] dom=1 .* err=0", ring[-1]) and len(ring) > 3,
          f"the ring shows {ring}")
    claim(answers[7].splitlines() == [ring[-1], state], "trace 1 does not show the newest")
    claim("recorded: fault;" in answers[8] and "recorded: nothing;" in answers[9], "off does not switch off")
    printed = re.findall(r"^\[cella\] trace (.*)$", console, re.M)
    claim(printed[-len(ring):] == ring, f"the kernel printed other records: {printed}")


# --- the program ------------------------------------------------------------------------------


@test
def a_breakpoint_at_main_is_hit_and_fault_reports_lead_back_there(t):
    answers, console = debug(t, ["null"], ["break main", "break report_fault", "continue", "bt", "continue", "bt",
                                           "frame function null_write", "p nowhere"])
    claim("(main) pending" in answers[0], "main was known too early")
    claim("symbols of /bin/act, at 0x0" in answers[2] and "Breakpoint 1, main (argc=2" in answers[2], "not at main")
    names = re.findall(r"^#\d+ +(?:0x\w+ in )?(\S+) \(|^#\d+ +<(signal handler) called>", answers[5], re.M)
    claim([a or b for a, b in names][:8] == ["report_fault", "signal_fault", "user_exception", "handle", "trap_finish",
                                             "signal handler", "null_write", "main"], "not the way to the fault")
    claim("*nowhere = 1" in answers[6] and re.search(r"= .*0x0$", answers[7], re.M), "not in the frame of the fault")
    claim("act null" in console, "the program did not get that far")


@test
def next_steps_over_a_system_call(t):
    answers, console = debug(t, ["exit", "0"], ["program", "next", "next", "next", "next", "next", "stepi", "bt"])
    lines = [int(m[1]) for m in (re.match(r"(\d+)\t", a.splitlines()[-1]) for a in answers[1:6]) if m]
    claim(len(lines) == 5 and len(set(lines)) == 5, f"not five lines of main: {lines}")
    claim("act exit\n" in console, "printf has not printed")
    claim(re.match(r"#0 .*main \(", answers[7]), "no longer in main")


@test
def stepi_goes_into_the_trap_of_an_instruction(t):
    until_trap = "python [gdb.execute('stepi') for _ in range(12) if gdb.parse_and_eval('$priv') == 0]"
    answers, _ = debug(t, ["null"], ["program", "break null_write", "continue", until_trap, "bt", "p $scause"])
    claim(re.match(r"#0 .*trap_entry.*\n(.*\n)*#\d+ .* in (null_write|main) \(", answers[4]), "not in the trap")
    claim(answers[5] == "$1 = 15\n", "another trap")


@test
def stepping_into_the_kernel_keeps_the_callers(t):
    answers, _ = debug(t, ["exit", "0"], ["program", "break trap_entry if $scause == 8", "continue", "bt", "finish",
                                          "p $priv"])
    claim(re.match(r"#0 .*trap_entry.*\n#1 .*\n(.*\n)*#\d+ .*main \(", answers[3]), "the way to the system call")
    claim("in write ()" in answers[4] and answers[5] == "$1 = 0\n", "not back in the program")


def without_debugging_information(program):
    with tempfile.NamedTemporaryFile() as file:
        file.write(program)
        file.flush()
        subprocess.run(["riscv64-linux-gnu-strip", "-g", file.name], check=True)
        with open(file.name, "rb") as stripped:
            return stripped.read()


@test
def main_is_found_in_the_symbol_table_alone(t):
    files = {"/bin/act": without_debugging_information(images.act())}
    image = t.image(images.builder(files, images.manifest("exit", "0")))
    answers, _ = t.debug(image, ["program", "info symbol $pc"])
    claim("has no symbol main" not in answers[0], "main is not seen")
    claim(re.match(r"main( \+ \d+)? in section \.text", answers[1]), f"not at main: {answers[1]!r}")


@test
def symbols_of_libraries_come_with_them(t):
    image = t.image(lambda path: shutil.copyfile(BUILD / "images/default.img", path))
    answers, _ = t.debug(image, ["program", "break lua_newstate", "continue", "bt", "program symbols",
                                 "info symbol memcpy"])
    claim("has no symbol main; going to its entry" in answers[0], "Debian's programs are stripped")
    claim(re.search(r"symbols of /usr/lib/riscv64-linux-gnu/libc\.so\.6, at 0x\w+", answers[0]), "the C library's")
    claim(re.search(r"lua_newstate \(\).*luaL_newstate \(\).*__libc_start_main \(\)", answers[3], re.S),
          "not the way into the library")
    claim(re.search(r"^/usr/bin/lua5\.4 at 0x2000000000 from .*/lua5\.4$", answers[4], re.M), "not at its base")


# --- cella gdb --------------------------------------------------------------------------------


def processes_that_name(word):
    """Command lines of the processes that run and have word in them."""
    found = []
    for place in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = place.read_bytes()
        except OSError:
            continue  # it has ended meanwhile
        if word.encode() in line:
            found.append(line)
    return found


@test
def cella_gdb_goes_to_main_at_a_word_and_ends_the_machine(t):
    image = t.image(act("exit", "0"))
    with tempfile.TemporaryDirectory() as folder:
        mark = os.path.join(folder, "console")
        p = subprocess.run([CELLA, "gdb", "-p", t.platform, "-c", mark, str(image)], cwd=ROOT,
                           env=dict(os.environ, BUILD=str(BUILD), DEBUGINFOD_URLS=""), timeout=LIMIT,
                           input="p $pc\nprogram\ncells kernel\nquit\n", capture_output=True, text=True)
        left = processes_that_name(mark)
    claim("0x1000" in p.stdout, "not at the first instruction")
    claim(re.search(r"breakpoint 3, main \(argc=3", p.stdout) and "kernel text" in p.stdout,
          f"not at main: {p.stdout[-800:]}")
    claim(not left, "the machine runs on after gdb was left")
