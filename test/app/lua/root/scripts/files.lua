-- SPDX-License-Identifier: Apache-2.0
-- Files of the image, and files in /tmp: every mode, seeking, buffering, removing.
for line in io.lines("/scripts/lib/shapes.lua") do if line:find("function") then print(line) break end end
local f = assert(io.open("/tmp/data", "w"))
print(f:seek("end"), f:write("line 1\n", 2, " ", 3.5, "\n") == f, f:seek("cur"))
print(io.type(f), f:close(), io.type(f), pcall(f.write, f, "x"))
f = assert(io.open("/tmp/data", "a+")); f:write("appended\n"); f:seek("set", 7)
print(f:read("n", "n", "L", "a")); print(f:read("a"), f:read("l"), f:read(0)); f:close()
f = assert(io.open("/tmp/data", "r+")); f:write("LINE"); f:seek("set"); print(f:read("l")); f:close()
f = assert(io.open("/tmp/large", "wb"))
f:setvbuf("full", 65536)
for i = 0, 40000 do f:write(string.pack("<I4", i * i % 65521)) end
f:close()
f = assert(io.open("/tmp/large", "rb")); local sum = 0
while true do
    local block = f:read(8192)
    if not block then break end
    for p = 1, #block, 4 do sum = sum + string.unpack("<I4", block, p) end
end
print(f:seek("end"), sum); f:seek("set", 4 * 300); print(string.unpack("<I4", f:read(4))); f:close()
print(os.rename("/tmp/data", "/tmp/renamed"), io.open("/tmp/data"))
print(os.remove("/tmp/renamed"), os.remove("/tmp/renamed"))
print(io.open("/scripts/files.lua", "w")); print(os.remove("/scripts/files.lua")); print(os.rename("/scripts", "/other"))
print(io.open("/scripts"):read(1)); print(io.open("/tmp/none/x", "w")); print(io.open("/tmp", "w"))
local name = os.tmpname(); print(name:match("^/tmp/lua_%w+$") ~= nil, os.remove(name))
local t = io.tmpfile(); t:write("gone"); t:seek("set"); print(t:read("a")); t:close()
io.output("/tmp/out"); io.write("through the default output\n"); io.close(); io.output(io.stdout)
io.input("/tmp/out"); print(io.read("l")); io.close(io.input())
print(pcall(io.lines, "/none")); print(io.open("/dev/null"):read("a") == "", #io.open("/dev/zero"):read(1000))
io.stderr:write("to standard error\n")
