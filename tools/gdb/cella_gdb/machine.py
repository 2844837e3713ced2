# SPDX-License-Identifier: Apache-2.0
"""The stopped machine: registers, physical memory, variables of the kernel, and the form of a command.

Physical memory is read through the emulator's own mode for it, so neither the hart's privilege nor the table
under inspection matters. A kernel object is a gdb.Value made of bytes that were read so; its pointers are
followed with deref(), not with gdb's operators, which would translate.
"""

import contextlib

import gdb

PRIV_U, PRIV_S, PRIV_M = 0, 1, 3


class Command(gdb.Command):
    """A command whose doc string is its help. Subclasses have NAME and run(argument)."""

    NAME = ""

    def __init__(self):
        super().__init__(self.NAME, gdb.COMMAND_USER)

    def invoke(self, argument, _from_tty):
        self.dont_repeat()
        try:
            self.run(argument.strip())
        except gdb.error as error:
            raise gdb.GdbError(f"{self.NAME}: {error}")


def fail(text):
    raise gdb.GdbError(text)


# --- the hart ---------------------------------------------------------------------------------


def connected():
    return gdb.selected_inferior().pid != 0 and gdb.selected_thread() is not None


def register(name):
    """Of the selected hart, whichever frame is selected."""
    if not connected():
        fail("no machine is connected: `target remote :1234`, or start with `make gdb`")
    return int(gdb.newest_frame().read_register(name)) & (1 << 64) - 1


def translation_mode():
    """satp's mode; an error if it is 0."""
    mode = register("satp") >> 60
    if mode == 0:
        fail("translation is not on yet; `continue` to kmain first")
    return mode


def table_base():
    return (register("satp") & (1 << 44) - 1) << 12


def address(expression):
    """The value of an expression of the user's as an address."""
    return int(gdb.parse_and_eval(expression).cast(gdb.lookup_type("unsigned long")))


# --- memory -----------------------------------------------------------------------------------


@contextlib.contextmanager
def _physical():
    trust = gdb.parameter("trust-readonly-sections")
    gdb.execute("set trust-readonly-sections off", to_string=True)
    answer = gdb.execute("maint packet Qqemu.PhyMemMode:1", to_string=True)
    try:
        if '"OK"' not in answer:
            fail("this is no QEMU, or one that does not read physical memory")
        yield
    finally:
        gdb.execute("maint packet Qqemu.PhyMemMode:0", to_string=True)
        if trust:
            gdb.execute("set trust-readonly-sections on", to_string=True)


def read_physical(address, length):
    with _physical():
        return bytes(gdb.selected_inferior().read_memory(address, length))


def write_physical(address, data):
    with _physical():
        gdb.selected_inferior().write_memory(address, data)


def word(data, offset, size):
    """A little-endian number in bytes."""
    return int.from_bytes(data[offset:offset + size], "little")


# --- the kernel -------------------------------------------------------------------------------


def kernel_file():
    """The kernel's objfile."""
    for objfile in gdb.objfiles():
        if objfile.lookup_global_symbol("kmain"):
            return objfile
    return fail("the kernel's symbols are not loaded: `file build/PLATFORM/kernel.elf`")


def address_of(name):
    """The address of a linker's symbol or of a function."""
    return int(gdb.parse_and_eval(f"(unsigned long)&{name}"))


def function(name):
    symbol = kernel_file().lookup_global_symbol(name) or kernel_file().lookup_static_symbol(name)
    return symbol or fail(f"this kernel has no function {name}; do kernel and commands belong together?")


def kernel_type(name, near="kmain"):
    """A type as the file of the function near has it: the program may have others of that name."""
    return gdb.lookup_type(name, function(near).symtab.static_block())


def _physical_address(address):
    window = address_of("WINDOW_BASE")
    if not window <= address < window + (1 << 36):
        raise gdb.MemoryError(f"{address:#x} is no address of the kernel's")
    return address - window


def kernel_bytes(address, length):
    return read_physical(_physical_address(address), length)


def write_kernel(address, data):
    write_physical(_physical_address(address), data)


def kernel_object(address, kind):
    return gdb.Value(kernel_bytes(address, kind.sizeof), kind)


def deref(pointer):
    return kernel_object(int(pointer), pointer.type.strip_typedefs().target())


def variable_symbol(name, near=None):
    """A global variable, or the static one of the file that has the function near."""
    if near is None:
        return kernel_file().lookup_global_symbol(name) or fail(f"this kernel has no {name}")
    for symbol in function(near).symtab.static_block():
        if symbol.name == name:
            return symbol
    return fail(f"this kernel has no {name} beside {near}()")


def variable(name, near=None):
    symbol = variable_symbol(name, near)
    return kernel_object(int(symbol.value().address), symbol.type)


def text(value):
    """The characters of a char array, up to its NUL."""
    data = bytes(int(value[i]) & 0xff for i in range(value.type.range()[1] + 1))
    return data.split(b"\0")[0].decode("utf-8", "replace")


def text_at(pointer, limit=256):
    """The string that a pointer of the kernel's points to; "" for NULL."""
    address = int(pointer)
    if address == 0:
        return ""
    length = min(limit, 4096 - address % 4096)
    data = kernel_bytes(address, length)
    if b"\0" not in data and length < limit:
        data += kernel_bytes(address + length, limit - length)
    return data.split(b"\0")[0].decode("utf-8", "replace")


def list_of(head, link):
    """The elements of a list (sys/queue.h) with this head; link is the member that holds the links."""
    first, following = ("tqh_first", "tqe_next") if _has(head, "tqh_first") else ("lh_first", "le_next")
    pointer = head[first]
    seen = set()
    while int(pointer) and int(pointer) not in seen:  # the machine may have stopped in the middle of a change
        seen.add(int(pointer))
        element = deref(pointer)
        yield int(pointer), element
        pointer = element[link][following]


def _has(value, field):
    return any(f.name == field for f in value.type.strip_typedefs().fields())


def container(address, kind, member):
    """The object of that type whose member is at address."""
    offset = next(f.bitpos // 8 for f in kind.fields() if f.name == member)
    return kernel_object(address - offset, kind)


def place_name(pc):
    """<function+offset>, or the bare address."""
    shown = gdb.execute(f"info symbol {pc:#x}", to_string=True).strip()
    name = shown.split(" in section")[0]
    return "" if shown.startswith("No symbol") else name.replace(" + ", "+")


def function_start(pc):
    """Of the function, or the part of one with a label of its own, that pc is in; 0: in none."""
    name = place_name(pc)
    offset = name.rpartition("+")[2] if "+" in name else "0"
    return pc - int(offset) if name else 0


def stack_size():
    """Bytes of a thread's kernel stack: from the one that the linker script makes for the first thread."""
    return address_of("_boot_stack_top") - address_of("_boot_stack_bottom")
