# SPDX-License-Identifier: Apache-2.0
# MicroPython: the language, its own modules, threads, asyncio, files, native code.
import sys, gc, json, re, struct, time, random, math, cmath, hashlib, binascii, collections, io, os, array, errno, select, heapq, deflate, uctypes, micropython, asyncio, _thread, socket, platform
print("== language", sys.implementation.name, sys.platform, sys.byteorder, 2 ** 100, 7 // -2, 0.1 + 0.2, 1 + 2j, [x for x in range(10) if x % 3], {k: v for k, v in zip("abc", range(3))}["b"], "%05.2f|%s" % (3.14159, "x"), "{:>6}|{:x}".format("r", 255), f"{1 + 1!r}", b"\x00ab"[1:], "Größe".upper())
def gen(n):
    for i in range(n):
        x = yield i
        if x: print("sent", x)
g = gen(3); print(next(g), g.send("hi"), list(g))
class A:
    def __init__(self, v): self.v = v
    def __add__(self, o): return A(self.v + o.v)
    def __repr__(self): return "A(%d)" % self.v
    def __enter__(self): return self
    def __exit__(self, *a): print("exit", a[0] and a[0].__name__); return True
    def __getattr__(self, n): return "no " + n
    @property
    def twice(self): return self.v * 2
    @staticmethod
    def st(): return "static"
class B(A):
    def __add__(self, o): return super().__add__(o)
print(B(1) + A(2), B(3).twice, B(1).zzz, A.st(), isinstance(B(1), A))
with A(1): raise ValueError("in with")
for code in ("1/0", "[][1]", "{}['k']", "None.x", "undefined", "int('x')", "'a'+1", "def"):
    try: eval(code)
    except Exception as e: print(type(e).__name__, e)
def deep(n): return deep(n + 1)
try: deep(0)
except RuntimeError as e: print("RuntimeError", e)
try: bytearray(1 << 40)
except MemoryError: print("MemoryError")
except OverflowError: print("OverflowError")
print(sorted([3, 1, 2], key=lambda v: -v), sum(range(100)), any([0, 1]), list(map(str, (1, 2))), divmod(-7, 3), pow(3, 100, 7), bin(10), hex(255), ord("€"), chr(8364), max("abc"), (lambda *a, **k: (a, k))(1, z=2))
print("== modules", json.dumps({"a": [1, None, True, "x"]}), json.loads('{"k": [1, 2.5]}')["k"], re.match(r"([0-9]+)-([a-z]+)", "12-ab").group(2), re.sub(r"\d", "#", "a1b2"), struct.pack("<Hd", 1, 2.5), struct.unpack(">I", b"\0\0\1\0"), binascii.hexlify(hashlib.sha256(b"cella").digest())[:16], hashlib.md5(b"x").digest()[:2], binascii.b2a_base64(b"abc"), binascii.crc32(b"abc"), collections.namedtuple("P", "x y")(1, 2), collections.OrderedDict([(1, 2)]), array.array("h", [1, 2]), math.gamma(5), math.isqrt(99) if hasattr(math, "isqrt") else 9, round(cmath.phase(1j), 6))
d = collections.deque((), 3); [d.append(i) for i in range(5)]; h = [5, 1, 3]; heapq.heapify(h); print(list(d), heapq.heappop(h)); random.seed(1); a = random.getrandbits(16); random.seed(1); print(a == random.getrandbits(16))
print(deflate.DeflateIO(io.BytesIO(b'x\x9c+I\xad()\x19\xc5\x83\x06\x03\x00\x9d\n\xb0\xf5'), deflate.ZLIB).read() == b"text" * 100)
print("== files"); f = open("/tmp/m.txt", "w"); print(f.write("one\ntwo\n")); f.close(); print(open("/tmp/m.txt").readlines(), os.stat("/tmp/m.txt")[6], "m.txt" in os.listdir("/tmp"), os.getcwd(), os.getenv("HOME")); os.rename("/tmp/m.txt", "/tmp/n.txt"); os.remove("/tmp/n.txt"); os.mkdir("/tmp/md"); print(sorted(x[0] for x in os.ilistdir("/tmp"))); os.rmdir("/tmp/md"); print(os.statvfs("/tmp")[9])
for p in ("/none", "/tmp", "/etc/passwd/x"):
    try: open(p)
    except OSError as e: print(p, e.errno == errno.ENOENT, e)
try: open("/etc/passwd", "w")
except OSError as e: print(e)
print("== threads"); lock, n, done = _thread.allocate_lock(), 0, []
def work(k):
    global n
    for _ in range(200):
        with lock: n += 1
    done.append(k)
for k in range(4): _thread.start_new_thread(work, (k,))
while len(done) < 4: time.sleep_ms(1)
print(n, sorted(done), lock.locked())
print("== asyncio")
async def child(i): await asyncio.sleep_ms(20 - 5 * i); return i
async def main():
    print(await asyncio.gather(*(child(i) for i in range(3))))
    try: await asyncio.wait_for(child(-2000), 0.01)
    except asyncio.TimeoutError: print("timeout")
    ev, l = asyncio.Event(), asyncio.Lock()
    async def waiter():
        await ev.wait()
        async with l: return "set"
    t = asyncio.create_task(waiter()); await asyncio.sleep(0); ev.set(); print(await t); t = asyncio.create_task(child(-2000)); await asyncio.sleep(0); t.cancel()
    try: await t
    except asyncio.CancelledError: print("cancelled")
asyncio.run(main())
print("== native")
@micropython.bytecode
def plain(n):
    s = 0
    for i in range(n): s += i & 7
    return s
print(plain(10000), micropython.opt_level(), micropython.const(3))
buf = bytearray(8); uctypes.struct(uctypes.addressof(buf), {"a": uctypes.UINT32 | 0, "b": uctypes.UINT8 | 4}).a = 0x01020304; print(buf); print(gc.isenabled(), gc.mem_free() > 0); x = [[i] for i in range(3000)]; del x; gc.collect(); print(gc.mem_alloc() > 0)
try:
    import ffi
    libc = ffi.open("libc.so.6"); print(libc.func("i", "abs", "i")(-5), libc.func("i", "strlen", "s")("length"))
except (ImportError, OSError) as e: print("ffi", e)
t = time.ticks_ms(); time.sleep(0.02); print(time.ticks_diff(time.ticks_ms(), t) >= 20, time.gmtime(10 ** 9)[:6]); p = select.poll(); p.register(sys.stdin, select.POLLIN); print(p.poll(0)); sys.exit(5)
