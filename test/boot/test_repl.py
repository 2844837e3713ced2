# SPDX-License-Identifier: Apache-2.0
"""Debian's lua5.4 and sqlite3 at their prompts: readline, which edits lines by terminfo and raw mode.

What an edited line is shows in what the program makes of it, so results are judged, which the typed
text itself does not contain, and not how readline paints the line. The emulator's console takes
Ctrl-A for itself and passes the second of two on.
"""

from harness import BUILD, SIGNAL, claim, test
from test_console import BACKSPACE, CTRL_C, CTRL_D, CTRL_U, SIGINT, Terminal

CTRL_A, CTRL_B, CTRL_E, CTRL_K, CTRL_R, CTRL_W, CTRL_Y = (
    b"\x01\x01", b"\x02", b"\x05", b"\x0b", b"\x12", b"\x17", b"\x19")
TAB, LEFT, RIGHT, UP, DOWN, DELETE = b"\t", b"\x1b[D", b"\x1b[C", b"\x1b[A", b"\x1b[B", b"\x1b[3~"


class Prompt(Terminal):
    """The app image's own program at its prompt, beginning with the first."""

    def __init__(self, t, app, prompt):
        self.prompt = prompt
        self.start(t, BUILD / f"images/{app}.img", "--snapshot")
        self.ready()

    def ready(self):
        self.expect(self.prompt + rb"\Z")

    def gives(self, keys, result):
        """The line that keys make prints result alone, and the prompt comes back."""
        self.type(keys + b"\r")
        self.expect(rb"[\r\n]" + result + rb"\r\n")
        self.ready()


def lua(t):
    return Prompt(t, "lua", rb"> ")


def sqlite(t):
    return Prompt(t, "sqlite3", rb"sqlite> ")


@test
def lua_evaluates_lines_until_control_D(t):
    with lua(t) as term:
        claim(b"Lua 5.4" in term.seen, "no banner")
        term.gives(b"6 * 7", rb"42")
        term.gives(b"('%d-%s'):format(7, 'x')", rb"7-x")
        term.gives(b"nothing.field", rb"stdin:1: attempt to index a nil value \(global 'nothing'\)\r\n(?s:.*)in \?")
        term.gives(b"6 * 7 + 1", rb"43")
        term.type(CTRL_D)
        term.ends(0)


@test
def lua_joins_lines_that_belong_together(t):
    with lua(t) as term:
        term.type(b"for i = 1, 3 do\r")
        term.expect(rb">> \Z")
        term.type(b"io.write(i * 111, ' ')\r")
        term.expect(rb">> \Z")
        term.gives(b"end print()", rb"111 222 333 ")
        term.type(CTRL_D)
        term.ends(0)


@test
def lua_ends_with_the_status_that_it_is_told(t):
    with lua(t) as term:
        term.type(b"os.exit(7)\r")
        term.ends(7)


@test
def the_cursor_moves_within_a_line_of_lua(t):
    with lua(t) as term:
        term.gives(b"100 + 0" + LEFT + b"20", rb"300")         # 100 + 200
        term.gives(b"1999 + 1" + LEFT * 5 + BACKSPACE * 2, rb"20")    # 19 + 1
        term.gives(b"123 * 9" + LEFT * 7 + DELETE + RIGHT * 3 + b"+ 1 ", rb"32")  # 23 + 1 * 9
        term.type(CTRL_D)
        term.ends(0)


@test
def control_keys_edit_a_line_of_lua(t):
    with lua(t) as term:
        term.gives(b"5 + 5" + CTRL_A + b"100 * " + CTRL_E + b" * 2", rb"510")   # 100 * 5 + 5 * 2
        term.gives(b"20 + 9999" + CTRL_B * 4 + CTRL_K + b"1", rb"21")
        term.gives(b"wrong" + CTRL_U + b"11 * 11", rb"121")
        term.gives(b"1 + oops" + CTRL_W + b"31" + CTRL_A + CTRL_K + CTRL_Y + b"0", rb"311")  # 1 + 310
        term.type(CTRL_D)
        term.ends(0)


@test
def lines_of_lua_come_back_from_the_history(t):
    with lua(t) as term:
        term.gives(b"n = (n or 10) * 2 print(n)", rb"20")
        term.gives(UP, rb"40")
        term.gives(b"-5", rb"-5")
        term.gives(UP * 2, rb"80")
        term.gives(UP * 3 + DOWN + b" * 3", rb"-15")
        term.gives(CTRL_R + b"or 10", rb"160")
        term.type(CTRL_D)
        term.ends(0)


@test
def a_tabulator_completes_the_name_of_a_file(t):
    with lua(t) as term:
        term.type(b"#'/scripts/gar\t")
        term.expect(rb"garbage\.lua'")
        term.gives(b"", rb"20")
        term.type(CTRL_D)
        term.ends(0)


@test
def control_C_at_the_prompt_ends_lua(t):
    """readline's rl_getc looks whether a signal came, and waits in pselect with none blocked. One that
    comes between is seen at the next key, on Linux too; at the first prompt the page of libc that
    rl_getc needs there is still to be read from the disk. Hence the echo, and the key behind."""
    with lua(t) as term:
        term.type(b"half a line")
        term.expect(rb"half a line\Z")
        term.type(CTRL_C + b"x")
        term.ends(SIGNAL + SIGINT)


@test
def control_C_interrupts_a_loop_of_lua(t):
    with lua(t) as term:
        term.type(b"print('be' .. 'gun') while true do end\r")
        term.expect(rb"begun\r\n")
        term.type(CTRL_C)
        term.expect(rb"interrupted!")
        term.ready()
        term.gives(b"6 * 7", rb"42")
        term.type(CTRL_D)
        term.ends(0)


@test
def sqlite_queries_the_packaged_database_until_control_D(t):
    with sqlite(t) as term:
        claim(b"SQLite version 3." in term.seen, "no banner")
        term.gives(b"SELECT count(*) * 2 FROM loan;", rb"10000")
        term.gives(b"SELECT name FROM author WHERE born = 1815;", rb"Ada")
        term.type(CTRL_D)
        term.ends(0)


@test
def a_failed_statement_shows_in_the_status_of_sqlite(t):
    with sqlite(t) as term:
        term.gives(b"UPDATE nobody SET born = 1;", rb"Parse error: no such table: nobody")
        term.type(CTRL_D)
        term.ends(1)  # SQLite's way to say that a statement failed


@test
def sqlite_joins_lines_up_to_a_semicolon(t):
    with sqlite(t) as term:
        term.type(b"SELECT 6 *\r")
        term.expect(rb"\.\.\.> \Z")
        term.gives(b"7;", rb"42")
        term.type(b".exit 5\r")
        term.ends(5)


@test
def lines_of_sqlite_are_edited_and_come_back(t):
    with sqlite(t) as term:
        term.gives(b"SELET 40 + 2;" + CTRL_A + RIGHT * 4 + b"C", rb"42")
        term.gives(UP + BACKSPACE + b" * 3;", rb"46")
        term.gives(UP + CTRL_A + CTRL_K + b"SELECT 7 * 7;", rb"49")
        term.type(CTRL_D)
        term.ends(0)


@test
def a_tabulator_completes_a_word_of_sqlite(t):
    with sqlite(t) as term:
        term.type(b"SELECT count(*) + 1 FROM auth\t")
        term.expect(rb"author")
        term.gives(b";", rb"7")
        term.type(CTRL_D)
        term.ends(0)
