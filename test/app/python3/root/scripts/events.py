# SPDX-License-Identifier: Apache-2.0
"""asyncio, selectors, sockets that need no network, subinterpreters."""
import array
import asyncio
import contextlib
import os
import select
import selectors
import signal
import socket
import sys
import threading
import time

print("== tasks")
async def child(n, delay):
    await asyncio.sleep(delay)
    if n == 3: raise ValueError(f"child {n}")
    return n * n
async def tasks():
    print(await asyncio.gather(*(child(i, 0.01 - i / 1000) for i in range(6)), return_exceptions=True))
    try:
        async with asyncio.TaskGroup() as g: g.create_task(child(3, 0)); g.create_task(child(1, 60))
    except* ValueError as e: print(e.exceptions)
    try:
        async with asyncio.timeout(0.01): await asyncio.sleep(60)
    except TimeoutError: print("timeout")
    t = asyncio.create_task(child(1, 60)); await asyncio.sleep(0); t.cancel("enough")
    try: await t
    except asyncio.CancelledError as e: print("cancelled", e)
    done, pending = await asyncio.wait([asyncio.create_task(child(i, i / 50)) for i in range(3)], return_when=asyncio.FIRST_COMPLETED)
    print(len(done) >= 1, len(done) + len(pending)); await asyncio.wait(pending)
    loop, order = asyncio.get_running_loop(), []
    for d in (0.02, 0.005, 0.01): loop.call_later(d, order.append, d)
    loop.call_soon(order.append, 0); await asyncio.sleep(0.05); print(order)
    print(await asyncio.to_thread(lambda: threading.current_thread() is not threading.main_thread()), await loop.run_in_executor(None, sum, [1, 2]))
asyncio.run(tasks())

print("== synchronisation")
async def sync():
    lock, sem, ev, q, log = asyncio.Lock(), asyncio.Semaphore(2), asyncio.Event(), asyncio.Queue(2), []
    async def work(i):
        await ev.wait()
        async with sem, lock: log.append(i)
    async def produce():
        for i in range(6): await q.put(i)
        await q.put(None)
    ws = [asyncio.create_task(work(i)) for i in range(5)]; p = asyncio.create_task(produce()); ev.set(); got = []
    while (x := await q.get()) is not None: got.append(x)
    await asyncio.gather(*ws); print(log, got)
    async def ticks(n):
        for i in range(n): yield i; await asyncio.sleep(0)
    print([i async for i in ticks(4)], [await asyncio.sleep(0, i) for i in range(2)])
    @contextlib.asynccontextmanager
    async def scope(): print("in"); yield 7; print("out")
    async with scope() as v: print(v)
    bar = asyncio.Barrier(3); print(sorted(await asyncio.gather(*(bar.wait() for _ in range(3)))))
asyncio.run(sync())

print("== sockets")
async def echo(reader, writer):
    while line := await reader.readline(): writer.write(line.upper()); await writer.drain()
    writer.close()
async def unix():
    server = await asyncio.start_unix_server(echo, "/tmp/echo.sock")
    async def client(n):
        r, w = await asyncio.open_unix_connection("/tmp/echo.sock"); got = []
        for i in range(3): w.write(b"hello %d %d\n" % (n, i)); got.append(await r.readline())
        w.write_eof(); got.append(await r.read()); w.close(); await w.wait_closed(); return got
    print(await asyncio.gather(*(client(n) for n in range(4)))); server.close(); await server.wait_closed()
    a, b = socket.socketpair(); a.setblocking(False); b.setblocking(False); loop = asyncio.get_running_loop()
    big = os.urandom(400000); send = asyncio.create_task(loop.sock_sendall(a, big)); n = 0; parts = []
    while n < len(big): parts.append(await loop.sock_recv(b, 65536)); n += len(parts[-1])
    await send; print(b"".join(parts) == big); a.close(); print(await loop.sock_recv(b, 10)); b.close()
    r, w = os.pipe(); reader = asyncio.StreamReader(); t, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(r, "rb", 0))
    wt, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(w, "wb", 0)); wt.write(b"through a pipe"); wt.close(); print(await reader.read()); t.close()
asyncio.run(unix())
try: os.unlink("/tmp/echo.sock")
except FileNotFoundError: pass

print("== signals in the loop")
async def signals():
    loop, seen = asyncio.get_running_loop(), asyncio.Queue()
    for s in (signal.SIGUSR1, signal.SIGTERM): loop.add_signal_handler(s, seen.put_nowait, s.name)
    threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGUSR1)).start(); print(await seen.get())
    signal.raise_signal(signal.SIGTERM); print(await seen.get(), loop.remove_signal_handler(signal.SIGTERM))
asyncio.run(signals())

print("== selectors")
for kind in (selectors.SelectSelector, selectors.PollSelector, selectors.EpollSelector):
    with kind() as s:
        a, b = socket.socketpair(); s.register(a, selectors.EVENT_READ, "a"); s.register(b, selectors.EVENT_READ | selectors.EVENT_WRITE, "b")
        print(kind.__name__, sorted((k.data, m) for k, m in s.select(0))); b.send(b"x"); print(sorted((k.data, m) for k, m in s.select(1)))
        s.unregister(b); a.recv(9); print(s.select(0.01)); b.close(); print([(k.data, m) for k, m in s.select(1)], a.recv(9)); a.close()
r, w = os.pipe(); print(select.select([r], [w], [], 0) == ([], [w], [])); os.write(w, b"1"); print(select.select([r], [], [], None) == ([r], [], []))
p = select.poll(); p.register(r); os.close(w); print([e for _, e in p.poll(10)]); os.read(r, 1); print([e for _, e in p.poll(10)]); os.close(r); print([e for _, e in p.poll(0)])
ep = select.epoll(); r, w = os.pipe(); ep.register(r, select.EPOLLIN | select.EPOLLET); os.write(w, b"a"); print(len(ep.poll(0)), len(ep.poll(0))); os.write(w, b"b"); print(len(ep.poll(0)))
ep.modify(r, select.EPOLLIN | select.EPOLLONESHOT); print(len(ep.poll(0)), len(ep.poll(0)))
try: ep.register(r)
except FileExistsError as e: print(e)
with open("/tmp/plain", "w") as f:
    try: ep.register(f)
    except PermissionError as e: print(e)
ep.close(); print(ep.closed)
efd = os.eventfd(3, os.EFD_NONBLOCK); print(os.eventfd_read(efd)); os.eventfd_write(efd, 5); os.eventfd_write(efd, 6); print(os.eventfd_read(efd))
try: os.eventfd_read(efd)
except BlockingIOError as e: print(e)
tfd = os.timerfd_create(time.CLOCK_MONOTONIC, flags=os.TFD_NONBLOCK); os.timerfd_settime(tfd, initial=0.005, interval=0.005); print(select.select([tfd], [], [], 5)[0] == [tfd], int.from_bytes(os.read(tfd, 8), "little") >= 1); os.close(tfd)

print("== sockets, plainly")
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM); a.send(b"one"); a.send(b"two"); print(b.recv(10), b.recv(1), b.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_DGRAM); a.close(); b.close()
a, b = socket.socketpair(); r, w = os.pipe(); socket.send_fds(a, [b"fds"], [r, w]); msg, fds, flags, _ = socket.recv_fds(b, 10, 4); os.write(fds[1], b"passed"); print(msg, len(fds), flags, os.read(r, 10))
b.settimeout(0.02)
try: b.recv(1)
except TimeoutError as e: print(e)
a.sendmsg([b"ab", b"cd"]); buf = bytearray(3), bytearray(3); print(b.recvmsg_into(buf)[:1], buf); a.sendall(b"peeked"); print(b.recv(3, socket.MSG_PEEK), b.recv(10)); a.shutdown(socket.SHUT_WR); print(b.recv(1))
try: a.send(b"x")
except BrokenPipeError as e: print(e)
f = b.makefile("rw"); f.write("line\n"); f.flush(); print(a.makefile().readline()); f.close(); a.close(); b.close()
s = socket.socket(socket.AF_UNIX); s.bind("\0abstract"); s.listen(); c = socket.socket(socket.AF_UNIX); c.connect("\0abstract"); d, peer = s.accept(); print(s.getsockname(), peer, d.getpeername()); c.close(); d.close(); s.close()
try: socket.socket(socket.AF_UNIX).connect("/tmp/nobody")
except FileNotFoundError as e: print(e)

print("== subinterpreters")
import _interpreters
i = _interpreters.create(); print(_interpreters.run_string(i, "import sys; print('inside', len(sys.argv)); sys.stdout.flush()")); _interpreters.destroy(i)
