# SPDX-License-Identifier: Apache-2.0
"""What the system gives: signals, ctypes, shared memory, limits, resources, the terminal, memory that runs out."""
import atexit
import ctypes
import errno
import faulthandler
import gc
import grp
import os
import platform
import pwd
import resource
import select
import signal
import sys
import sysconfig
import termios
import time
import tracemalloc
import tty
from multiprocessing import shared_memory

print("== process", sys.argv, sys.executable, sys.flags.dont_write_bytecode, os.environ["HOME"], sys.platform, sys.byteorder, platform.machine(), platform.system(), platform.python_implementation(), platform.node())
print(os.getuid(), os.geteuid(), os.getgid(), os.getgroups(), pwd.getpwuid(0).pw_name, grp.getgrgid(0).gr_name, os.getpid() > 0, os.getpgrp() == os.getpid(), sysconfig.get_config_var("MULTIARCH"), os.uname().sysname, sorted(os.sched_getaffinity(0)))
print(os.getpriority(os.PRIO_PROCESS, 0), os.nice(3), os.sched_getscheduler(0) == os.SCHED_OTHER, os.sched_yield(), os.times().user >= 0, len(os.getloadavg()), os.path.basename(os.readlink("/proc/self/exe")), open("/proc/self/comm").read().strip())
for f, *a in ((os.kill, 2 ** 22 - 7, 0), (os.kill, os.getpid(), 99), (os.waitpid, -1, 0), (os.setpgid, 2 ** 22 - 7, 0), (os.wait3, os.WNOHANG)):
    try: print(f(*a))
    except OSError as e: print(f.__name__, errno.errorcode[e.errno])

print("== signals")
log = []
signal.signal(signal.SIGUSR1, lambda n, f: log.append((signal.Signals(n).name, f.f_code.co_name)))
def victim(): signal.raise_signal(signal.SIGUSR1)
victim(); print(log)
signal.signal(signal.SIGALRM, lambda n, f: log.append("alarm")); signal.setitimer(signal.ITIMER_REAL, 0.01); start = time.monotonic(); time.sleep(0.05); print(log[1:], time.monotonic() - start >= 0.05)
def interrupt(n, f): raise InterruptedError("by the handler")
signal.signal(signal.SIGALRM, interrupt)
r, w = os.pipe()
for wait in (lambda: os.read(r, 1), lambda: time.sleep(30), lambda: select.select([r], [], [], 30), signal.pause, lambda: select.epoll().poll(30)):
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    try: wait(); print("not interrupted")
    except InterruptedError as e: print(e)
signal.signal(signal.SIGALRM, lambda n, f: os.write(w, b"late")); signal.setitimer(signal.ITIMER_REAL, 0.01); print(os.read(r, 10))
ticks = 0
def tick(n, f):
    global ticks; ticks += 1
signal.signal(signal.SIGVTALRM, tick); signal.setitimer(signal.ITIMER_VIRTUAL, 0.003, 0.003)
while ticks < 3: sum(range(1000))
signal.setitimer(signal.ITIMER_VIRTUAL, 0); print(ticks >= 3, signal.getitimer(signal.ITIMER_VIRTUAL))
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN, signal.SIGUSR2]); os.kill(os.getpid(), signal.SIGUSR2); i = signal.sigwaitinfo([signal.SIGUSR2]); print(i.si_signo == signal.SIGUSR2, i.si_pid == os.getpid(), i.si_uid, i.si_code, signal.sigtimedwait([signal.SIGRTMIN], 0.01))
signal.set_wakeup_fd(w, warn_on_full_buffer=False) if os.set_blocking(w, False) is None else 0; victim(); print(os.read(r, 10), signal.set_wakeup_fd(-1) == w)
for n in (signal.SIGKILL, signal.SIGSTOP, 0, 65):
    try: signal.signal(n, signal.SIG_IGN)
    except (OSError, ValueError) as e: print(type(e).__name__, e)
try: signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt: print("KeyboardInterrupt", signal.getsignal(signal.SIGINT) is signal.default_int_handler, signal.getsignal(signal.SIGPIPE) is signal.SIG_IGN, len(signal.valid_signals()), signal.strsignal(11))

print("== ctypes")
libc = ctypes.CDLL("libc.so.6", use_errno=True); libm = ctypes.CDLL("libm.so.6"); libm.pow.restype = libm.sqrt.restype = ctypes.c_double; libm.pow.argtypes = [ctypes.c_double] * 2; libm.sqrt.argtypes = [ctypes.c_double]
print(libc.abs(-5), libm.pow(2, 0.5), libm.sqrt(2), libc.strlen(b"length"), libc.toupper(ord("a")), libc.atoi(b"  42x"))
class Div(ctypes.Structure): _fields_ = [("quot", ctypes.c_long), ("rem", ctypes.c_long)]
libc.ldiv.restype = Div; libc.ldiv.argtypes = [ctypes.c_long] * 2; d = libc.ldiv(17, 5); print(d.quot, d.rem, ctypes.sizeof(Div))
compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
numbers = (ctypes.c_int * 8)(5, 3, 8, 1, 9, 2, 7, 4); libc.qsort(numbers, 8, 4, compare(lambda a, b: a[0] - b[0])); print(list(numbers))
buffer = ctypes.create_string_buffer(100); print(libc.sprintf(buffer, b"%d %s %.3f", 7, b"text", ctypes.c_double(2.5)), buffer.value, libc.open(b"/none", 0), errno.errorcode[ctypes.get_errno()])
class Bits(ctypes.Union): _fields_ = [("f", ctypes.c_float), ("i", ctypes.c_uint32), ("b", ctypes.c_ubyte * 4)]
u = Bits(f=1.0); print(hex(u.i), bytes(u.b), ctypes.string_at(ctypes.addressof(u), 4), ctypes.cast(ctypes.pointer(u), ctypes.POINTER(ctypes.c_uint32))[0])
try: ctypes.CDLL("libnone.so")
except OSError as e: print(e)
print(ctypes.pythonapi.Py_IsInitialized(), ctypes.util.find_library("none") if hasattr(ctypes, "util") else None)

print("== shared memory")
s = shared_memory.SharedMemory("cella_test", create=True, size=10000, track=False); s.buf[:5] = b"share"; t = shared_memory.SharedMemory("cella_test", track=False); print(bytes(t.buf[:5]), t.size >= 10000, sorted(os.listdir("/dev/shm"))); t.buf[0:1] = b"S"; print(bytes(s.buf[:5])); t.close()
try: shared_memory.SharedMemory("cella_test", create=True, size=1, track=False)
except FileExistsError as e: print(e)
s.close(); s.unlink()
try: shared_memory.SharedMemory("cella_test", track=False)
except FileNotFoundError as e: print(e)

print("== limits")
print(resource.getrlimit(resource.RLIMIT_STACK), resource.getrlimit(resource.RLIMIT_CORE)[0] >= -1, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 1000, resource.getpagesize())
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE); resource.setrlimit(resource.RLIMIT_NOFILE, (20, hard)); held = []
try:
    while True: held.append(os.open("/dev/null", os.O_RDONLY))
except OSError as e: print(e, held[-1])
for f in held: os.close(f)
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard)); signal.signal(signal.SIGXFSZ, signal.SIG_IGN); fs = resource.getrlimit(resource.RLIMIT_FSIZE); resource.setrlimit(resource.RLIMIT_FSIZE, (100, fs[1]))
with open("/tmp/limited", "wb", 0) as f:
    print(f.write(bytes(150)))
    try: f.write(b"x")
    except OSError as e: print(e)
resource.setrlimit(resource.RLIMIT_FSIZE, fs)
for bad in ((resource.RLIMIT_NOFILE, (30, 20)), (99, (1, 1))):
    try: resource.setrlimit(*bad)
    except ValueError as e: print(e)

print("== memory")
for size in (1 << 62, 1 << 45):
    try: bytearray(size)
    except MemoryError as e: print("MemoryError", e)
a_s = resource.getrlimit(resource.RLIMIT_AS); resource.setrlimit(resource.RLIMIT_AS, (200 << 20, a_s[1])); hoard = []
try:
    while True: hoard.append(bytes(1 << 20))
except MemoryError: n = len(hoard); hoard.clear(); print("MemoryError", 50 < n < 200)
resource.setrlimit(resource.RLIMIT_AS, a_s); gc.collect(); print(len(bytes(60 << 20)))
tracemalloc.start(); x = [bytes(1000) for _ in range(100)]; now, peak = tracemalloc.get_traced_memory(); print(now > 100000, peak >= now); tracemalloc.stop()
lists = [list(range(1000)) for _ in range(300)]; print(sum(map(len, lists))); del lists

print("== terminal")
print(os.isatty(0), os.ttyname(0), os.get_terminal_size(), termios.tcgetwinsize(0), os.tcgetpgrp(0) == os.getpgrp()); old = termios.tcgetattr(0); tty.setcbreak(0); print(termios.tcgetattr(0)[3] & (termios.ICANON | termios.ECHO), old[3] & termios.ICANON != 0); termios.tcsetattr(0, termios.TCSADRAIN, old); print(select.select([0], [], [], 0))
a, b = os.pipe()
try: termios.tcgetattr(a)
except termios.error as e: print(e)

print("== end")
sys.stderr.write("to stderr\n"); atexit.register(print, "at exit"); faulthandler.enable(); print(time.get_clock_info("monotonic").monotonic, time.clock_getres(time.CLOCK_MONOTONIC) <= 0.01, time.process_time() > 0, time.thread_time() > 0, time.monotonic_ns() <= time.monotonic_ns(), abs(time.time() - time.clock_gettime(time.CLOCK_REALTIME)) < 1)
sys.stdout.flush(); sys.exit(7)
