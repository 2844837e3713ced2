-- SPDX-License-Identifier: Apache-2.0
-- Strings: patterns, formats, packing, UTF-8.
local text = "a unikernel has one program; one image; one address space"
print(#text, text:upper():sub(3, 11), text:rep(2, "|"):len())
print(text:find("one (%a+)"), text:match("(%a+) space$"))
for word, count in pairs({ one = select(2, text:gsub("one", "")) }) do print(word, count) end
print((text:gsub("(%a)(%a*)", function(a, b) return a:upper() .. b end, 4)))
print(("%5.2f|%-8s|%08x|%q|%i|%e|%g"):format(3.14159, "left", 48879, 'a "quote"\n', 42, 12345.678, 1e20))
print(("%a %s %s %s"):format(0.5, 1e15, 2^53, -0.0))
local packed = string.pack("<i4 >I2 z d", -7, 513, "name", 0.1)
print(#packed, string.unpack("<i4 >I2 z d", packed))
print((packed:gsub(".", function(c) return ("%02x"):format(c:byte()) end)))
print(utf8.len("grüße ☃"), utf8.char(9731, 128039), utf8.codepoint("☃", 1))
for p, c in utf8.codes("aß☃") do io.write(p, ":", c, " ") end
print()
print(("x"):rep(3, ", "), ("reverse"):reverse(), ("%s"):rep(3, " "):format(1, "two", nil))
print(pcall(string.rep, "x", 1 << 40))
print(pcall(string.format, "%d", 1.5))
