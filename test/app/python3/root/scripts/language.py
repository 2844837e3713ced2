# SPDX-License-Identifier: Apache-2.0
"""The language: numbers, text, containers, functions, classes, generators, patterns, exceptions."""
import dis
import gc
import sys
import weakref
from dataclasses import dataclass, field
from enum import Enum, Flag, auto
from typing import NamedTuple

print("== numbers")
print(2 ** 200, -7 // 2, -7 % 3, divmod(-17, 5), pow(3, -1, 11), (1 << 100).bit_length())
print(0.1 + 0.2, 1e308 * 10, float("nan") != float("nan"), round(2.5), round(3.5), 7.0 .hex())
print((3 + 4j) * (1 - 2j), abs(3 + 4j), int("zz", 36), f"{1234567.891:,.2f} {255:#010b} {3.0e-5:g}")
print(sys.float_info.max, sys.maxsize, (10 ** 30).to_bytes(16, "little").hex(), int.from_bytes(b"\xff\xfe", signed=True))

print("== text")
s = "Größe: 10 µm, Ελλάδα, 日本, 🎈"
print(s.upper(), len(s), s.encode().hex(" ", 4), s[::-1], s.casefold().title())
print("a,b,,c".split(","), " x ".join("abc"), "%-8s|%+05d|%x" % ("left", 42, 255), "{0[a]} {1.real!r:>6}".format({"a": 1}, 2.5))
print(b"bytes \x00\xff".decode("latin-1").encode("utf-16-be"), bytearray(range(5)), memoryview(b"abcdef")[1:5:2].tolist())
print("tab\tnl\n".expandtabs(4).splitlines(), "ab12".isalnum(), "x".center(9, "*"), repr("\u200b\ud800"), ascii("ü"))

print("== containers")
print(sorted({"b": 2, "a": 1}.items()), {1, 2, 3} ^ {2, 3, 4}, [*range(3), *"ab"], {**{"k": 1}, "l": 2})
first, *middle, last = range(6)
print(first, middle, last, [x * y for x in range(3) for y in range(3) if x != y], {k: v for k, v in zip("abc", range(3))})
matrix = [[1, 2, 3], [4, 5, 6]]
print(list(map(list, zip(*matrix))), any([]), all([]), sum(range(101)), max("hello", key=ord), list(enumerate("ab", 5)))
l = list(range(10)); l[2:5] = ["x"]; del l[::3]; print(l, l.index("x") if "x" in l else None)

print("== functions")
def outer(a, /, b=2, *args, c, d=4, **more):
    def inner():
        nonlocal b
        b += 1
        return a, b, args, c, d, sorted(more.items())
    return inner
f = outer(1, 2, 3, c=4, z=5); print(f(), f())
def decorate(times):
    def wrap(g):
        return lambda *a: [g(*a)] * times
    return wrap
@decorate(3)
def greet(name: str) -> str:
    return f"hi {name!r:>8}"
print(greet("bob"), (lambda *a, **k: (a, k))(1, x=2), outer.__kwdefaults__)

print("== generators")
def averager():
    total = count = 0
    value = None
    while True:
        try:
            value = yield (total / count if count else None)
        except ValueError as e:
            print("thrown in", e); continue
        total += value; count += 1
g = averager(); next(g); print(g.send(10), g.send(20), g.throw(ValueError("oops")), g.send(60)); g.close()
def flatten(x):
    for e in x:
        if isinstance(e, list): yield from flatten(e)
        else: yield e
print(list(flatten([1, [2, [3, [4]], 5]])))

print("== classes")
class Meta(type):
    def __new__(m, name, bases, ns, **k):
        cls = super().__new__(m, name, bases, ns); cls.registered = k.get("tag"); return cls
class Vector(metaclass=Meta, tag="vec"):
    __slots__ = ("x", "y", "__weakref__")
    def __init__(self, x, y): self.x, self.y = x, y
    def __add__(self, o): return Vector(self.x + o.x, self.y + o.y)
    def __matmul__(self, o): return self.x * o.x + self.y * o.y
    def __eq__(self, o): return (self.x, self.y) == (o.x, o.y)
    def __hash__(self): return hash((self.x, self.y))
    def __repr__(self): return f"Vector({self.x}, {self.y})"
    @property
    def norm(self): return (self @ self) ** 0.5
print(Vector(1, 2) + Vector(3, 4), Vector(3, 4).norm, Vector.registered, {Vector(1, 1), Vector(1, 1)})
class A:
    def who(self): return ["A"]
class B(A):
    def who(self): return ["B"] + super().who()
class C(A):
    def who(self): return ["C"] + super().who()
class D(B, C):
    def who(self): return ["D"] + super().who()
print(D().who(), [k.__name__ for k in D.__mro__])
class Typed:
    def __set_name__(self, owner, name): self.name = "_" + name
    def __get__(self, o, t): return getattr(o, self.name)
    def __set__(self, o, v):
        if not isinstance(v, int): raise TypeError(f"{self.name} wants int")
        setattr(o, self.name, v)
class Point:
    x = Typed()
    def __getattr__(self, n): return f"missing {n}"
p = Point(); p.x = 3
try: p.x = "3"
except TypeError as e: print(p.x, p.nothing, e)
@dataclass(order=True, frozen=True)
class Item:
    price: float
    name: str = field(compare=False)
    tags: list = field(default_factory=list, compare=False)
print(sorted([Item(3.5, "b"), Item(1.25, "a", ["x"])]))
class Colour(Enum):
    RED = auto(); GREEN = auto()
class Perm(Flag):
    R = 4; W = 2; X = 1
class Pair(NamedTuple):
    a: int
    b: str = "?"
print(Colour.RED, Colour["GREEN"].value, Perm.R | Perm.X, Perm(7), Pair(1), Pair(1)._replace(b="z"))

print("== patterns")
def classify(v):
    match v:
        case 0 | 1: return "bit"
        case int(n) if n < 0: return f"negative {n}"
        case [x, y, *rest]: return f"sequence {x} {y} {rest}"
        case {"kind": str(k), **others}: return f"mapping {k} {others}"
        case Vector(x=0): return "on the axis"
        case _: return "other"
print([classify(v) for v in (1, -5, [1, 2, 3, 4], {"kind": "k", "n": 1}, "str")])

print("== exceptions")
class Custom(Exception): pass
def risky(n):
    try:
        try: return [1, 2, 3][n]
        except IndexError as e: raise Custom("wrapped") from e
        finally: print("finally", n)
    except Custom as e:
        e.add_note("a note"); return repr(e), repr(e.__cause__), e.__notes__
print(risky(1), risky(9))
try:
    raise ExceptionGroup("many", [ValueError(1), TypeError(2), ExceptionGroup("in", [OSError(2, "no")])])
except* ValueError as g: print("values", g.exceptions)
except* OSError as g: print("os", g)
except* TypeError as g: print("types", len(g.exceptions))
class Context:
    def __enter__(self): print("enter"); return self
    def __exit__(self, t, v, tb): print("exit", t and t.__name__, v); return True
with Context(), Context(): raise KeyError("k")
for code in ("1/0", "int('x')", "undefined", "[].pop()", "{}['k']", "'a'+1", "None.x", "(1,2)[5]", "def f(:", "2 ** (10**5) % 0"):
    try: eval(code)
    except Exception as e: print(type(e).__name__, e)
while n := len(l):
    l.pop()
else: print("walrus and else", n)

print("== closures over modules")
ns = {}
exec(compile("def fib(n):\n return n if n < 2 else fib(n-1) + fib(n-2)\nvalue = fib(17)", "<made>", "exec"), ns)
print(ns["value"], [i.opname for i in dis.get_instructions("a + 1")][-3:])

print("== garbage")
class Node:
    def __del__(self): dead.append(self.name)
dead = []
gc.collect(); gc.disable()
a, b = Node(), Node(); a.name, b.name = "a", "b"; a.other, b.other = b, a
r = weakref.ref(a, lambda _: dead.append("callback")); w = weakref.WeakValueDictionary(a=a)
del a, b; print(r() is not None, dead); n = gc.collect(); print(n >= 2, sorted(dead), r(), dict(w)); gc.enable()
big = [[i] * 10 for i in range(20000)]; print(len(big), sum(map(len, big))); del big
print(sys.getrefcount(object()), gc.isenabled(), gc.get_threshold()[0] > 0, sys.implementation.name, sys.version_info[:2])

print("== deep")
def down(n): return 0 if n == 0 else 1 + down(n - 1)
print(down(900))
try: down(10 ** 6)
except RecursionError as e: print("RecursionError", e)
sys.setrecursionlimit(20000); print(down(15000))
nested = []
for _ in range(100000): nested = [nested]
try: repr(nested)
except RecursionError as e: print("RecursionError in repr")
del nested; print("freed")
