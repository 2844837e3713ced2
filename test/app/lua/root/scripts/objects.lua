-- SPDX-License-Identifier: Apache-2.0
-- Metatables with every event, raw access, variables that are closed, warnings, what can be iterated.
local log = {}
local function named(name) return function(a, b) log[#log + 1] = name; return name end end
local mt = { __index = function(_, k) return "no " .. tostring(k) end, __newindex = function(t, k, v) rawset(t, k, v * 2) end,
    __call = function(_, ...) return "called", ... end, __tostring = function() return "an object" end, __len = function() return 42 end,
    __eq = function() return true end, __lt = function() return true end, __le = function() return false end,
    __concat = named("concat"), __name = "Thing", __metatable = "locked", __pairs = function() return next, { only = 1 }, nil end }
for _, e in ipairs { "add", "sub", "mul", "div", "mod", "pow", "unm", "idiv", "band", "bor", "bxor", "shl", "shr", "bnot" } do mt["__" .. e] = named(e) end
local a, b = setmetatable({}, mt), setmetatable({}, mt)
a.x = 4; print(a.x, a.y, rawget(a, "y"), #a, rawlen(a), a(1, 2), tostring(a), a == b, rawequal(a, b), a < b, a <= b)
print(a + 1, 1 - a, a * a, a / 2, a % 2, a ^ 2, -a, a // 2, a & 1, 1 | a, a ~ 1, a << 1, a >> 1, ~a, a .. "x", 1 .. a)
print(table.concat(log, " ")); print(getmetatable(a), pcall(setmetatable, a, {})); for k, v in pairs(a) do print(k, v) end
print(pcall(function() return {} + 1 end)); print(pcall(function() return {} < {} end)); print(pcall(function() return #5 end))
do
    local one <close> = setmetatable({}, { __close = function(_, e) print("closed one", e) end })
    local two <close> = setmetatable({}, { __close = function() print("closed two") end })
    local three <const> = 3; print("in the block", three)
end
print(pcall(function() local x <close> = setmetatable({}, { __close = function(_, e) error("again: " .. e, 0) end }); error("first", 0) end))
local co = coroutine.create(function() local x <close> = setmetatable({}, { __close = function() print("closed by close") end }); coroutine.yield(1) end)
print(coroutine.resume(co)); print(coroutine.close(co), coroutine.status(co), coroutine.close(coroutine.create(print)))
local weak = setmetatable({}, { __mode = "k" }); weak[{}] = 1; collectgarbage(); print(next(weak))
local final = 0; for _ = 1, 100 do setmetatable({}, { __gc = function() final = final + 1 end }) end; collectgarbage(); print(final)
print(collectgarbage("isrunning"), collectgarbage("stop"), collectgarbage("isrunning"), collectgarbage("restart"), collectgarbage("step"))
print(collectgarbage("generational"), collectgarbage("incremental"), collectgarbage("count") > 0)
warn("@on"); warn("a ", "warning"); warn("@off"); warn("unseen"); print(select(-1, 1, 2, 3), select("#"), pcall(select, 0))
print(tonumber("0x1p4"), tonumber("zz", 36), tonumber("8", 8), tonumber("1e1"), tonumber(" 10 "), tonumber("1 0"), pcall(tonumber, 10, 99))
print(next({}), next({ 5 }), pcall(next, {}, "none"), type(next), ipairs({}) ~= nil, type(print), pcall(type))
print(math.max(3, 1.5), math.min(2, -1), math.ult(1, -1), math.deg(math.pi), math.rad(180), math.exp(0), math.log(8, 2), math.log(100, 10), math.log(1))
print(string.format("%.12f %.12f %.12f %.12f %.12f %.12f", math.sin(1), math.cos(1), math.tan(1), math.asin(0.5), math.acos(0.5), math.atan(1, -1)))
print(("MiXeD"):lower(), ("MiXeD"):upper(), string.packsize("<i4 i8 !8 d"), pcall(string.packsize, "z"), utf8.charpattern == "[\0-\x7F\xC2-\xFD][\x80-\xBF]*")
print(utf8.offset("aäöb", 3), utf8.offset("aäöb", -1), utf8.offset("ab", 9), pcall(utf8.offset, "ä", 1, 2)); for p, c in utf8.codes("aä€😀") do io.write(p, ":", c, " ") end print()
