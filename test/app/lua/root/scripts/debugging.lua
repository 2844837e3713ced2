-- SPDX-License-Identifier: Apache-2.0
-- The library debug: hooks, locals, upvalues, user values, metatables; and the prompt that it has.
local function where(what) local i = debug.getinfo(2, what); return i.short_src, i.currentline, i.what, i.namewhat end
print(where("Sln")); print(debug.getinfo(print).what, debug.getinfo(where, "u").nparams, debug.getinfo(where, "L").activelines[4])
local function sum(a, b) local c = a + b; print(debug.getlocal(1, 1), debug.getlocal(1, 3)); debug.setlocal(1, 3, 99); return c end
print(sum(1, 2), debug.getlocal(sum, 2), debug.getlocal(1, 9999), pcall(debug.getlocal, 77, 1))
local lines, calls, counts = {}, 0, 0
debug.sethook(function(event, line) if event == "line" then lines[#lines + 1] = line else calls = calls + 1 end end, "crl")
local function inner() return 1 end
inner()
inner()
debug.sethook(); print(#lines, calls, debug.gethook())
debug.sethook(function() counts = counts + 1 end, "", 100); for _ = 1, 10000 do end; print(select(2, debug.gethook()), select(3, debug.gethook()))
debug.sethook(); print(counts > 50)
local stop = coroutine.create(function() local n = 0; while true do n = n + 1 end end)
debug.sethook(stop, function() error("hooked", 0) end, "", 1000); print(coroutine.resume(stop), coroutine.status(stop))
local count = 10; local function up() count = count + 1; return count end; local function down() return count end
print(debug.getupvalue(up, 1), debug.setupvalue(up, 1, 20), up(), debug.upvalueid(up, 1) == debug.upvalueid(down, 1))
local other = 5; local function third() return other end; debug.upvaluejoin(third, 1, up, 1); print(third(), debug.getupvalue(up, 9), pcall(debug.upvalueid, up, 9))
local file = io.tmpfile(); print(debug.getuservalue(file), debug.setuservalue(file, 1, 1), debug.getuservalue(3)); file:close()
print(type(debug.getregistry()), debug.getmetatable("").__index == string, debug.setmetatable(10, { __index = function(n, k) return k .. n end }))
print((5).x, debug.setmetatable(10, nil)); print(pcall(function() return (5).x end))
print(debug.traceback("from a coroutine", 1):gsub("\n.*", "")); print(debug.traceback(coroutine.create(print), "fresh"))
print(xpcall(function() local nothing; nothing() end, function(m) return m .. "; " .. select(2, debug.traceback():gsub("\n", "\n")) .. " lines" end))
