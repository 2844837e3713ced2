# SPDX-License-Identifier: Apache-2.0
"""program: symbols of what the program has mapped, found by themselves, and the way to its start.

The files are taken out of the image that the emulator says its disk is (or found in a folder with unstripped
ones), and laid down beside the kernel. Symbols are loaded where the areas say the files are:

    the machine is connected     what is mapped already
    process_start()              the program and its interpreter: the kernel calls it when both are mapped
    _dl_debug_state()            libraries: the dynamic linker calls it for debuggers when its list changes
"""

import os
import pathlib
import re
import subprocess

import gdb

from . import areas, elf, machine


def say(line):
    gdb.write(line + "\n")


# --- files ------------------------------------------------------------------------------------


def image():
    """The path of the machine's first disk."""
    answer = gdb.execute("monitor info block", to_string=True)
    match = re.search(r"^\S+ \(\S+\): (.+) \(raw", answer, re.M)
    return pathlib.Path(match[1]) if match else machine.fail("the machine has no disk with an image")


class Files:
    """Copies of the image's files, one each session."""

    def __init__(self):
        self.root = None  # a folder that has them instead
        self.known = {}

    def get(self, path):
        """A local copy of the file at path, or None."""
        if path not in self.known:
            self.known[path] = self._from_root(path) or self._from_image(path)
        return self.known[path]

    def _from_root(self, path):
        if self.root is None:
            return None
        places = (self.root / path.lstrip("/"), self.root / pathlib.PurePosixPath(path).name)
        return next((p for p in places if p.is_file()), None)

    def _from_image(self, path):
        source = image()
        folder = pathlib.Path(machine.kernel_file().filename).parent / "gdb" / source.stem
        copy = folder / path.lstrip("/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.unlink(missing_ok=True)
        environment = dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        done = subprocess.run(["debugfs", "-R", f'dump "{path}" "{copy}"', str(source)], env=environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if copy.is_file():
            return copy
        say(f"{path} cannot be taken out of {source}: {done.stderr.strip().splitlines()[-1:]}")
        return None


# --- symbols ----------------------------------------------------------------------------------


def _quietly(command):
    """Run a command of gdb's without its questions, pages and remarks. In a breakpoint's stop(), nobody could
    answer them."""
    before = {name: gdb.parameter(name) for name in ("confirm", "pagination")}
    for name in before:
        gdb.execute(f"set {name} off", to_string=True)
    try:
        return gdb.execute(command, to_string=True)
    finally:
        for name, value in before.items():
            gdb.execute(f"set {name} {'on' if value else 'off'}", to_string=True)


class Symbols:
    """What has been loaded: {path: (local file, base)}."""

    def __init__(self):
        self.files = Files()
        self.loaded = {}
        self.linker_hook = None

    def _mapped(self):
        """{path: {offset in the file: address}} of the files that have a piece with code."""
        found = {}
        for area in areas.read():
            if area.file and area.name.startswith("/"):
                pieces, code = found.setdefault(area.name, ({}, []))
                pieces.setdefault(area.offset, area.start)
                code.append("x" in area.rights)
        return {name: pieces for name, (pieces, code) in found.items() if any(code)}

    def update(self):
        """Make gdb's symbols those of what is mapped now."""
        mapped = self._mapped()
        for path in [p for p in self.loaded if p not in mapped]:
            self._forget(path)
        for path, pieces in mapped.items():
            if path not in self.loaded:
                self._load(path, pieces)

    def take_from(self, folder):
        """Files come from there first, from now on."""
        self.files.root, self.files.known = folder, {}
        for path in list(self.loaded):
            self._forget(path)

    def _load(self, path, pieces):
        copy = self.files.get(path)
        binary = elf.read(copy.read_bytes()) if copy else None
        base = binary.base(pieces) if binary else None
        if base is None:
            return
        _quietly(f'add-symbol-file "{copy}" -o {base:#x}')
        self.loaded[path] = (copy, base, binary)
        say(f"symbols of {path}, at {base:#x}")
        self._watch_linker()

    def _forget(self, path):
        copy, _, _ = self.loaded.pop(path)
        for objfile in gdb.objfiles():
            if objfile.filename == str(copy.resolve()):
                _quietly(f"remove-symbol-file -a {self._some_address(objfile):#x}")

    @staticmethod
    def _some_address(objfile):
        text = gdb.execute("info files", to_string=True)
        return int(re.search(rf"(0x[0-9a-f]+) - \S+ is \.text in {re.escape(objfile.filename)}", text)[1], 16)

    def _watch_linker(self):
        """Libraries come and go behind this function of the dynamic linker's."""
        if self.linker_hook is None and (address := _address("_dl_debug_state")):
            self.linker_hook = Hook(f"*{address:#x}", self)

    def entry(self):
        """(path of the program, its entry)."""
        path = machine.text(machine.variable("the_process")["exe_path"])
        if path not in self.loaded:
            machine.fail(f"{path}: no symbols and no entry, since it is not mapped or cannot be read")
        _, base, binary = self.loaded[path]
        return path, base + binary.entry


def _address(name):
    """Of a symbol of the program's or a library's, 0 if there is none."""
    try:
        return machine.address_of(name)
    except gdb.error:
        return 0


class Hook(gdb.Breakpoint):
    """Where mappings have changed: look again, and go on."""

    def __init__(self, place, symbols):
        super().__init__(place, internal=True)
        self.silent = True
        self.symbols = symbols

    def stop(self):
        _try_update(self.symbols)
        return False


def _try_update(symbols):
    try:
        symbols.update()
    except (gdb.error, gdb.GdbError, OSError) as error:
        say(f"the program's symbols: {error}")


class Automatic:
    """Sets the hook when there are a kernel's symbols and a machine, and looks at a program that runs already."""

    def __init__(self, symbols):
        self.symbols, self.hook, self.tried = symbols, None, False
        gdb.events.stop.connect(self._stopped)
        if machine.connected():
            self._stopped(None)

    def _stopped(self, _event):
        try:
            if self.hook is None:
                machine.function("process_start")
                self.hook = Hook("process_start", self.symbols)
            if not self.tried and areas.loaded() and machine.register("satp") >> 60:
                self.tried = True
                _try_update(self.symbols)
        except (gdb.error, gdb.GdbError):  # some other machine, or some other program, is being debugged
            pass


def _end_own_machine(_event):
    """gdb is left. A machine that it started itself, through a pipe, ends with it."""
    try:
        if gdb.selected_inferior().connection.details.startswith("|"):
            gdb.execute("kill", to_string=True)
    except (gdb.error, AttributeError):  # no machine any more
        pass


class Program(machine.Command):
    """Go to the start of the program, or look after its symbols.

    program                     run until main, or until the first instruction of a program without that symbol
    program entry               run until the program's first instruction, behind the dynamic linker
    program symbols             load the symbols of what is mapped now, and list all
    program symbols FOLDER      take files from the folder, by path or by name, before the image's: unstripped ones

Symbols of the program, its interpreter and its libraries are loaded by themselves when they are mapped; `break`
takes names that are not known yet. The files are copied out of the image, to build/PLATFORM/gdb."""

    NAME = "program"

    def __init__(self, symbols):
        super().__init__()
        self.symbols = symbols

    def complete(self, text, word):
        return [w for w in ("entry", "symbols") if w.startswith(word)] if " " not in text else gdb.COMPLETE_FILENAME

    def run(self, argument):
        verb, _, rest = argument.partition(" ")
        if verb == "symbols":
            self._symbols(rest.strip())
        elif verb in ("", "entry") and not rest:
            self._go(verb)
        else:
            machine.fail("program, program entry, program symbols [FOLDER]")

    def _symbols(self, folder):
        if folder:
            path = pathlib.Path(folder).expanduser()
            if not path.is_dir():
                machine.fail(f"{folder} is no folder")
            self.symbols.take_from(path)
        if not areas.loaded():
            machine.fail("no program has been loaded yet; its symbols will come by themselves")
        self.symbols.update()
        for path, (copy, base, _) in self.symbols.loaded.items():
            say(f"{path} at {base:#x} from {copy}")

    def _go(self, verb):
        if not areas.loaded() and not self._loaded_by_going_on():
            return
        self.symbols.update()
        path, entry = self.symbols.entry()
        main = verb != "entry" and _has_main()
        gdb.execute("tbreak main" if main else f"tbreak *{entry:#x}", to_string=True)
        if verb == "" and not main:
            say(f"{path} has no symbol main; going to its entry")
        gdb.execute("continue")


    @staticmethod
    def _loaded_by_going_on():
        """Run until the program is mapped. False: something else stopped the machine."""
        gdb.execute("tbreak process_start", to_string=True)
        shown = gdb.execute("continue", to_string=True)
        if _function_here() == "kmain":  # where a session begins
            shown = gdb.execute("continue", to_string=True)
        if _function_here() != "process_start":
            gdb.write(shown)
            return False
        return True


def _has_main():
    """Whether there is a main, known from debugging information or from the symbol table alone."""
    try:
        gdb.decode_line("main")
        return True
    except gdb.error:
        return False


def _function_here():
    function = gdb.newest_frame().function()
    return function.name if function else ""


def register():
    symbols = Symbols()
    Automatic(symbols)
    gdb.events.gdb_exiting.connect(_end_own_machine)
    Program(symbols)
