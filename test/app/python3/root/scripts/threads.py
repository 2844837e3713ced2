# SPDX-License-Identifier: Apache-2.0
"""Threads: locks, conditions, semaphores, barriers, events, queues, pools, thread-local data, contexts."""
import _thread
import concurrent.futures
import contextvars
import faulthandler
import os
import queue
import signal
import sys
import threading
import time

def run(n, f, *args):
    ts = [threading.Thread(target=f, args=(i, *args)) for i in range(n)]
    for t in ts: t.start()
    for t in ts: t.join()
    return ts

print("== counting")
sys.setswitchinterval(1e-5)
lock, total = threading.Lock(), 0
def count(i):
    global total
    for _ in range(500):
        with lock: total += 1
run(8, count); print(total, lock.locked(), threading.active_count())
rlock = threading.RLock()
def nested(i):
    with rlock, rlock, rlock: out.append(i)
out = []; run(5, nested); print(sorted(out))
print(lock.acquire(), lock.acquire(blocking=False), lock.acquire(timeout=0.05)); lock.release()
try: lock.release()
except RuntimeError as e: print(e)
try: rlock.release()
except RuntimeError as e: print(e)

print("== condition")
cond, box, got = threading.Condition(), [], []
def consumer(i):
    while True:
        with cond:
            cond.wait_for(lambda: box)
            item = box.pop(0)
        if item is None: return
        with lock: got.append(item)
def producer(i):
    for k in range(50):
        with cond: box.append(i * 50 + k); cond.notify()
cs = [threading.Thread(target=consumer, args=(i,)) for i in range(3)]
for c in cs: c.start()
run(4, producer)
with cond: box.extend([None] * 3); cond.notify_all()
for c in cs: c.join()
print(len(got), sorted(got) == list(range(200)))
with cond: print(cond.wait(timeout=0.02))

print("== semaphore, event, barrier, timer")
sem, inside, most = threading.BoundedSemaphore(2), 0, 0
def enter(i):
    global inside, most
    with sem:
        with lock: inside += 1; most = max(most, inside)
        time.sleep(0.002)
        with lock: inside -= 1
run(6, enter); print(inside, most <= 2)
try: sem.release()
except ValueError as e: print(e)
ev = threading.Event(); print(ev.wait(0.01)); threading.Timer(0.01, ev.set).start(); print(ev.wait(), ev.is_set())
phases = []
bar = threading.Barrier(4, action=lambda: phases.append("tripped"))
def phase(i):
    for _ in range(3): bar.wait()
run(4, phase); print(phases, bar.n_waiting)
def breaks(i):
    try: bar.wait(timeout=0.02)
    except threading.BrokenBarrierError: out.append("broken")
out = []; run(2, breaks); print(out, bar.broken)
cancelled = threading.Timer(60, print); cancelled.start(); cancelled.cancel(); cancelled.join()

print("== queues")
for q in (queue.Queue(5), queue.LifoQueue(), queue.PriorityQueue(), queue.SimpleQueue()):
    def put(i):
        for k in range(20): q.put((k, i))
    def take(i):
        while (x := q.get()) != (99, 0): sums.append(x[0])
    sums = []
    takers = [threading.Thread(target=take, args=(0,)) for _ in range(3)]
    for t in takers: t.start()
    run(3, put)
    for t in takers: q.put((99, 0))
    for t in takers: t.join(5)
    late = 0
    while not q.empty(): late += q.get()[0] % 99
    print(type(q).__name__, sum(sums) + late)
try: queue.Queue().get(timeout=0.01)
except queue.Empty: print("empty")
q = queue.Queue(1); q.put(1)
try: q.put(2, timeout=0.01)
except queue.Full: print("full")
q.task_done(); q.join(); q.shutdown(immediate=True)
try: q.get()
except queue.ShutDown: print("shut down")

print("== pools")
with concurrent.futures.ThreadPoolExecutor(4, thread_name_prefix="pool") as pool:
    print(list(pool.map(lambda x: x * x, range(10))), pool.submit(pow, 2, 10).result())
    bad = pool.submit(lambda: 1 / 0); print(repr(bad.exception()))
    slow = [pool.submit(time.sleep, d) for d in (0.03, 0.001)]
    print(sorted(f.result() is None for f in concurrent.futures.as_completed(slow)))
    done, rest = concurrent.futures.wait(slow, timeout=5); print(len(done), len(rest))
    names = set(pool.map(lambda _: threading.current_thread().name[:5], range(8))); print(names)
    ev.clear()
    try: pool.submit(ev.wait).result(timeout=0.02)
    except TimeoutError: print("timeout")
    ev.set()

print("== thread-local, context, hooks")
local = threading.local(); local.x = "main"; seen = []
def own(i): local.x = i; time.sleep(0); seen.append(local.x)
run(5, own); print(sorted(seen), local.x)
var = contextvars.ContextVar("var", default=0); var.set(1)
def ctx(i): seen.append(var.get())
seen.clear(); run(1, ctx); contextvars.copy_context().run(ctx, 0); print(seen)
threading.excepthook = lambda a: print("hook", a.exc_type.__name__, a.exc_value, a.thread.name)
t = threading.Thread(target=lambda: 1 / 0, name="failing"); t.start(); t.join()
t = threading.Thread(target=lambda: None, daemon=True); print(t.is_alive(), t.daemon, t.ident); t.start(); t.join(); print(t.is_alive())
try: t.start()
except RuntimeError as e: print(e)
try: threading.current_thread().join()
except RuntimeError as e: print(e)
ids = []; run(3, lambda i: ids.append((threading.get_ident() != main, threading.get_native_id() != os.getpid()))) if (main := threading.get_ident()) else 0
print(set(ids), threading.main_thread().native_id == os.getpid(), threading.stack_size(256 * 1024), threading.stack_size(0))

print("== many")
started = []
ready = threading.Event()
def wait(i): started.append(i); ready.wait()
ts = [threading.Thread(target=wait, args=(i,)) for i in range(100)]
for t in ts: t.start()
print(threading.active_count()); ready.set()
for t in ts: t.join()
print(len(started), threading.active_count())
for _ in range(100): _thread.start_new_thread(started.pop, ())
while started: time.sleep(0.001)
print("all popped")

print("== signals and threads")
hits = []
signal.signal(signal.SIGUSR1, lambda n, f: hits.append(threading.current_thread() is threading.main_thread()))
t = threading.Thread(target=lambda: os.kill(os.getpid(), signal.SIGUSR1)); t.start(); t.join()
while not hits: time.sleep(0.001)
signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1); print(hits)
woken = threading.Thread(target=lambda: (time.sleep(0.02), _thread.interrupt_main())); woken.start()
try:
    threading.Event().wait(10); print("not interrupted")
except KeyboardInterrupt: print("KeyboardInterrupt")
woken.join()
try: run(1, lambda i: signal.signal(signal.SIGUSR1, signal.SIG_DFL))
finally: print(signal.getsignal(signal.SIGUSR1) is not signal.SIG_DFL)
faulthandler.dump_traceback_later(60); faulthandler.cancel_dump_traceback_later()
print(signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2}), signal.raise_signal(signal.SIGUSR2), signal.sigpending(), signal.sigwait({signal.SIGUSR2}))
main_lock = _thread.allocate_lock(); main_lock.acquire()
threading.Thread(target=lambda: (time.sleep(0.01), main_lock.release())).start(); print(main_lock.acquire(timeout=5))
