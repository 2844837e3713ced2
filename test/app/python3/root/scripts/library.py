# SPDX-License-Identifier: Apache-2.0
"""The standard library, as far as it needs no file, thread or clock."""
import array, ast, base64, binascii, bisect, bz2, calendar, cmath, codecs, collections, colorsys, configparser, contextlib, copy, csv
import datetime, decimal, difflib, fractions, functools, gzip, hashlib, heapq, hmac, html, inspect, io, ipaddress, itertools, json, locale
import logging, lzma, math, operator, pickle, pprint, queue, random, re, secrets, shlex, statistics, string, struct, tarfile, textwrap, types
import unicodedata, unittest, urllib.parse, uuid, xml.etree.ElementTree as ET, zipfile, zlib, zoneinfo, tomllib, email.message, email.parser
import argparse, time, token, tokenize, graphlib, keyword, mimetypes, numbers, reprlib, sched, stat, timeit, traceback, quopri, plistlib

print("== json", json.dumps({"a": [1, 2.5, None, True, "ü\n"], "b": {}}, sort_keys=True), json.loads('[1e3, "\\u20ac", {"x": -0.0}]'))
print(json.dumps({"k": [1, {"z": 2}]}, indent=1, ensure_ascii=False))
for bad in ('{"a":}', "[1,]", "nul", '"\x01"', "[" * 100000):
    try: json.loads(bad)
    except (ValueError, RecursionError) as e: print(type(e).__name__, str(e)[:60])

print("== re", re.findall(r"(?P<w>\w+)@(\w+)\.com", "joe@example.com, ann@test.com"), re.sub(r"(\d+)", lambda m: str(int(m[1]) * 2), "3 and 14"))
print(re.split(r"[,;]\s*", "a, b;c,d"), re.fullmatch(r"(?i)[à-ÿ]+", "ÉÈ"), re.search(r"(?<=x)y(?!z)", "xyz xy").span(), re.compile(r"(a+)+$").match("a" * 20).end())
try: re.compile("(unclosed")
except re.error as e: print(e)

print("== hashes")
for name in ("md5", "sha1", "sha256", "sha512", "sha3_256", "blake2b", "blake2s"):
    print(name, hashlib.new(name, b"cella" * 1000).hexdigest()[:32])
print(hashlib.shake_128(b"x").hexdigest(8), hashlib.pbkdf2_hmac("sha256", b"pw", b"salt", 50).hex()[:24], hmac.new(b"k", b"m", "sha256").hexdigest()[:16], hashlib.scrypt(b"p", salt=b"s", n=16, r=8, p=1, dklen=8).hex())
print(zlib.crc32(b"abc"), zlib.adler32(b"abc"), binascii.crc_hqx(b"abc", 0), len(secrets.token_bytes(16)), secrets.compare_digest("a", "a"))

print("== compression")
data = b"".join(b"line %d of some text\n" % i for i in range(3000))
for m in (zlib, bz2, lzma):
    packed = m.compress(data); print(m.__name__, len(packed), m.decompress(packed) == data)
print(gzip.decompress(gzip.compress(data, mtime=0)) == data, zlib.decompressobj().decompress(zlib.compress(data), 40))
out = io.BytesIO()
with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("a/b.txt", "text"); z.writestr("c", data)
with zipfile.ZipFile(io.BytesIO(out.getvalue())) as z: print(z.namelist(), z.read("a/b.txt"), z.testzip())
out = io.BytesIO()
with tarfile.open(fileobj=out, mode="w:xz") as t:
    i = tarfile.TarInfo("f"); i.size = len(data); t.addfile(i, io.BytesIO(data))
out.seek(0); t = tarfile.open(fileobj=out); print(t.getnames(), t.extractfile("f").read() == data)

print("== codecs", base64.b85encode(b"cella"), base64.b32encode(b"cella"), binascii.hexlify(b"ab", "-"), codecs.encode("Hello", "rot13"), quopri.encodestring("grün".encode()))
print("日本語".encode("shift_jis"), "한글".encode("euc_kr"), "中文".encode("gb18030"), b"\xa4".decode("iso8859-15"), "ÿ".encode("cp1252"), "a\u0301".encode("punycode"))
print(unicodedata.normalize("NFC", "e\u0301"), unicodedata.name("€"), unicodedata.category("a"), "ä".encode("ascii", "xmlcharrefreplace"), b"\xff".decode("utf-8", "backslashreplace"))

print("== struct", struct.pack("<ibHq3sd", -1, 2, 3, 4, b"ab", 1.5).hex(), struct.unpack(">Ihf", bytes(range(10))), struct.calcsize("@ibq"), list(struct.iter_unpack("<H", b"\1\0\2\0")))
print(array.array("d", [1, 2.5]).tobytes().hex(), array.array("i", range(5))[1:3], ast.literal_eval("{'a': (1, 2.0, None)}"), ast.dump(ast.parse("x + 1", mode="eval"))[:60])

print("== numbers")
with decimal.localcontext() as c:
    c.prec = 50
    print(decimal.Decimal(2).sqrt(), decimal.Decimal(1) / 7, decimal.Decimal("1.10") + decimal.Decimal("2.205"), decimal.Decimal("NaN"))
    try: decimal.Decimal(1) / 0
    except decimal.DivisionByZero as e: print("DivisionByZero", e)
print(fractions.Fraction(3, 4) ** 2 + fractions.Fraction("1/3"), math.comb(50, 25), math.isqrt(10 ** 40), math.fsum([0.1] * 10), math.gcd(84, 36), math.factorial(30), cmath.sqrt(-4))
print([round(f(0.5), 12) for f in (math.sin, math.cos, math.tan, math.exp, math.log, math.gamma, math.erf, math.atanh)], math.nextafter(1, 2), math.inf)
r = random.Random(42); print([r.randrange(100) for _ in range(8)], r.sample(range(50), 5), round(r.gauss(0, 1), 9), r.choices("abc", k=5))
print(statistics.mean([1, 2, 3, 4]), statistics.stdev([1, 2, 3, 4]), statistics.quantiles(range(20), n=4), statistics.linear_regression([1, 2, 3], [2, 4, 6.5]))

print("== dates")
d = datetime.datetime(2024, 2, 29, 12, 30, 15, 250, tzinfo=datetime.timezone.utc)
for zone in ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca"):
    print(zone, d.astimezone(zoneinfo.ZoneInfo(zone)).isoformat(), d.replace(month=7).astimezone(zoneinfo.ZoneInfo(zone)).strftime("%c %Z %z"))
print(d + datetime.timedelta(days=366, hours=-5), datetime.date(2025, 1, 1).isocalendar(), datetime.datetime.fromisoformat("2025-11-22T10:00:00.5+01:00"), datetime.datetime.strptime("3 Mar 1999", "%d %b %Y"))
try: zoneinfo.ZoneInfo("Nowhere/City")
except zoneinfo.ZoneInfoNotFoundError as e: print("not found", e)
print(calendar.month(2024, 2), time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(10 ** 9)), calendar.timegm((2001, 9, 9, 1, 46, 40)))

print("== collections", collections.Counter("mississippi").most_common(2), collections.OrderedDict(a=1), collections.deque([1, 2, 3], 2), collections.ChainMap({"a": 1}, {"b": 2})["b"])
dd = collections.defaultdict(list); dd["x"].append(1); print(dict(dd), heapq.nsmallest(3, [5, 1, 4, 2]), bisect.bisect([1, 3, 5], 3), list(heapq.merge([1, 4], [2, 3])))
print(list(itertools.permutations("abc", 2))[:4], list(itertools.groupby("aabbc"))[0][0], list(itertools.accumulate([1, 2, 3, 4], operator.mul)), list(itertools.batched("abcdefg", 3)), list(itertools.pairwise("abc")))
print(functools.reduce(operator.add, range(10)), functools.partial(int, base=2)("1010"), list(graphlib.TopologicalSorter({"d": {"b", "c"}, "b": {"a"}, "c": {"a"}}).static_order())[0])
@functools.lru_cache
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
print(fib(200), fib.cache_info())
@functools.singledispatch
def show(x): return "object"
@show.register
def _(x: int): return "int"
print(show(1), show("s"), copy.deepcopy({"a": [1, {2}]}), types.SimpleNamespace(a=1))

print("== pickle")
class Thing:
    def __init__(self, v): self.v = v
    def __reduce__(self): return Thing, (self.v,)
for p in range(pickle.HIGHEST_PROTOCOL + 1):
    x = pickle.loads(pickle.dumps({"a": [1, 2.5, "s", b"b", None, (1,), {3}], "t": Thing(7)}, p)); print(p, x["a"], x["t"].v)
loop = []; loop.append(loop); print(pickle.loads(pickle.dumps(loop))[0][0] is not None)
buffers = []; pickle.dumps(pickle.PickleBuffer(b"out of band"), 5, buffer_callback=buffers.append); print(bytes(buffers[0]))
try: pickle.dumps(lambda: 0)
except Exception as e: print(type(e).__name__)

print("== text", textwrap.fill("The quick brown fox jumps over the lazy dog", 20), list(difflib.unified_diff("a b c".split(), "a x c".split(), lineterm=""))[3:], shlex.split("a 'b c' \"d\" e\\ f"))
print(string.Template("$a ${b}").substitute(a=1, b=2), html.escape("<&>"), html.unescape("&eacute;&#8364;"), urllib.parse.urlsplit("http://u:p@h:80/p?q=1#f"), urllib.parse.quote("a b/ü"), urllib.parse.parse_qs("a=1&a=2"))
rows = list(csv.reader(io.StringIO('a,"b ""q"", c",d\n1,2,3\n'))); print(rows); w = io.StringIO(); csv.DictWriter(w, ["x", "y"]).writerow({"x": "a,b", "y": None}); print(repr(w.getvalue()))
cp = configparser.ConfigParser(); cp.read_string("[s]\na = 1\nb = %(a)s2\n"); print(cp["s"]["b"], cp.getint("s", "a"), tomllib.loads('x = [1, 2]\n[t]\ny = 1979-05-27'))
root = ET.fromstring("<r><a k='v'>text</a><b/>tail</r>"); print(root.find("a").attrib, ET.tostring(root), [e.tag for e in root.iter()])
try: ET.fromstring("<r><a></r>")
except ET.ParseError as e: print(e)
m = email.message.EmailMessage(); m["Subject"] = "Grüße"; m.set_content("body\n"); print(m.as_string().splitlines()[0], email.parser.Parser().parsestr("A: 1\n\nx")["a"])
print(plistlib.loads(plistlib.dumps({"a": [1, b"x"]})), uuid.uuid5(uuid.NAMESPACE_DNS, "example.org"), ipaddress.ip_network("10.0.0.0/29").num_addresses, ipaddress.ip_address("::1") in ipaddress.ip_network("::/64"))
p = argparse.ArgumentParser("prog"); p.add_argument("-n", type=int, default=3); p.add_argument("rest", nargs="*"); print(p.parse_args(["-n", "5", "a"]))
try: p.parse_args(["-n", "x"])
except SystemExit as e: print("exit", e.code, flush=True)

print("== locale", locale.setlocale(locale.LC_ALL, ""), locale.getpreferredencoding(), locale.localeconv()["decimal_point"], locale.strcoll("a", "b") < 0)
print(locale.setlocale(locale.LC_ALL, "C.UTF-8"))
try: locale.setlocale(locale.LC_ALL, "xx_YY")
except locale.Error as e: print(e)

print("== logging")
stream = io.StringIO(); log = logging.getLogger("a.b"); h = logging.StreamHandler(stream); h.setFormatter(logging.Formatter("%(levelname)s:%(name)s:%(message)s"))
log.addHandler(h); log.setLevel(logging.INFO); log.debug("unseen"); log.warning("seen %d", 5)
try: 1 / 0
except ZeroDivisionError: log.exception("caught")
print(stream.getvalue())

print("== inspection", inspect.signature(lambda a, *b, c=1: 0), inspect.getsource(fib).strip().splitlines()[0], [t.string for t in tokenize.generate_tokens(io.StringIO("a+1").readline)][:3])
print(traceback.format_exception_only(ValueError("v")), reprlib.repr(list(range(100))), pprint.pformat({"k" * 30: list(range(15)), "b": 1}, width=60))

print("== unittest")
class Suite(unittest.TestCase):
    def test_good(self): self.assertEqual(1, 1)
    def test_bad(self): self.assertIn(3, [1, 2])
    @unittest.skip("not now")
    def test_skipped(self): pass
    @unittest.expectedFailure
    def test_expected(self): self.fail()
    def test_sub(self):
        for i in range(3):
            with self.subTest(i=i): self.assertNotEqual(i, 1)
result = unittest.TextTestRunner(stream=io.StringIO(), verbosity=2).run(unittest.defaultTestLoader.loadTestsFromTestCase(Suite))
print(result, [str(t[0]) for t in result.failures], result.skipped[0][1])
with contextlib.redirect_stdout(io.StringIO()) as o: print("captured")
with contextlib.suppress(KeyError), contextlib.ExitStack() as stack: stack.callback(print, "unwound"); {}["x"]
print(repr(o.getvalue()), timeit.timeit("1+1", number=10) > 0, mimetypes.guess_type("a.html"), keyword.iskeyword("match"), stat.filemode(0o100755))
