# SPDX-License-Identifier: Apache-2.0
"""`cella run` when somebody ends it: no emulator, no scratch file and no spoilt terminal stays behind."""

import os
import pty
import signal
import subprocess
import termios

from harness import LIMIT, claim, test
from machines import NO_MACHINE, PLATFORMS, TELL, Machine, image, state_of


def waiting(context, *options):
    return Machine(context, "-b", *options, TELL, "--", "wait")


def ends_of_signal(number):
    def ends(context):
        for platform in PLATFORMS:
            with waiting(context, "-p", platform) as m:
                emulator = os.pidfd_open(m.until(b"ready").emulator())
                m.child.send_signal(number)
                claim(m.end() == -number, f"the status is {m.child.returncode}")
                m.wait_for_end_of(emulator)
                m.scratch_is_gone()
    ends.__name__ = f"a_{number.name}_ends_the_machine_and_removes_its_files"
    test(ends)


for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
    ends_of_signal(each)


@test
def control_C_in_a_shell_that_signals_all_of_a_job_ends_it(context):
    with Machine(context, "-b", TELL, "--", "wait", start_new_session=True) as m:
        emulator = os.pidfd_open(m.until(b"ready").emulator())
        os.killpg(m.child.pid, signal.SIGINT)
        claim(m.end() == -signal.SIGINT, f"the status is {m.child.returncode}")
        m.wait_for_end_of(emulator)
        m.scratch_is_gone()


@test
def a_signal_that_is_ignored_stays_ignored(context):
    """As in the background of a script: nohup, or `&` without job control."""
    def ignore():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with Machine(context, "-b", TELL, "--", "wait", preexec_fn=ignore) as m:
        m.until(b"ready").child.send_signal(signal.SIGHUP)
        m.child.send_signal(signal.SIGTERM)
        claim(m.end() == -signal.SIGTERM, f"the status is {m.child.returncode}")


@test
def no_emulator_outlives_a_tool_that_is_killed(context):
    path = image(context, "wait")
    with Machine(context, "-b", path) as m:
        emulator = os.pidfd_open(m.until(b"ready").emulator())
        m.child.kill()
        m.wait_for_end_of(emulator)


@test
def an_emulator_that_is_killed_is_reported(context):
    with waiting(context) as m:
        os.kill(m.until(b"ready").emulator(), signal.SIGKILL)
        claim(m.end() == NO_MACHINE, f"the status is {m.child.returncode}")
        m.said("cella: error: the emulator was killed by signal 9 (Killed)")
        m.scratch_is_gone()


@test
def an_emulator_that_is_ended_from_outside_is_no_status_of_the_program(context):
    with waiting(context) as m:
        os.kill(m.until(b"ready").emulator(), signal.SIGTERM)
        claim(m.end() == NO_MACHINE, f"the status is {m.child.returncode}")
        m.said("cella: the machine was ended from outside")


@test
def a_stopped_emulator_is_reported_and_still_ends_with_the_tool(context):
    with waiting(context) as m:
        emulator = m.until(b"ready").emulator()
        os.kill(emulator, signal.SIGSTOP)
        m.until(f"`kill -CONT {emulator}` lets it go on".encode())
        claim(state_of(emulator) == "T", "it is not stopped")
        m.child.terminate()
        claim(m.end() == -signal.SIGTERM, f"the status is {m.child.returncode}")
        m.scratch_is_gone()


# --- on a terminal ---

def on_terminal(context, use):
    """use(machine, our side of its terminal); then the terminal must be as it was."""
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    with Machine(context, TELL, "--", "wait", stdin=theirs) as m:
        use(m.until(b"ready"), ours)
        m.end()
        claim(termios.tcgetattr(theirs) == before, "the terminal is not as it was")
        status = m.child.returncode
    os.close(ours)
    os.close(theirs)
    return status


@test
def control_A_x_ends_the_machine_and_is_no_status_of_the_program(context):
    def leave(m, terminal):
        os.write(terminal, b"\x01x")
        m.until(b"cella: the machine was ended from outside")
    claim(on_terminal(context, leave) == NO_MACHINE, "another status")


@test
def control_C_on_a_terminal_is_for_the_program(context):
    claim(on_terminal(context, lambda m, terminal: os.write(terminal, b"\x03")) == 128 + signal.SIGINT,
          "another status")


@test
def a_terminal_is_put_back_when_the_emulator_is_killed(context):
    def kill(m, terminal):
        claim(not termios.tcgetattr(terminal)[3] & termios.ECHO, "the terminal was not in raw mode")
        os.kill(m.emulator(), signal.SIGKILL)
    claim(on_terminal(context, kill) == NO_MACHINE, "another status")
