-- SPDX-License-Identifier: Apache-2.0
-- Tables: sorting, moving, length, metatables, iteration in order.
local t = {}
for i = 1, 1000 do t[i] = (i * 7919) % 1009 end
table.sort(t)
print(t[1], t[500], t[1000], #t)
table.sort(t, function(a, b) return a > b end)
print(table.concat(t, ",", 1, 8), table.unpack(t, 999, 1000))
print(table.concat(table.move({ 1, 2, 3 }, 1, 3, 3, { "a", "b" }), " "))
table.insert(t, 1, "first"); table.remove(t)
print(t[1], #t, select("#", table.unpack({}, 1, 3)), table.pack(1, nil, 3).n)
local Point = {}
Point.__index = Point
Point.__add = function(a, b) return setmetatable({ x = a.x + b.x, y = a.y + b.y }, Point) end
Point.__eq = function(a, b) return a.x == b.x and a.y == b.y end
Point.__tostring = function(p) return ("(%g, %g)"):format(p.x, p.y) end
Point.__len, Point.__call = function() return 2 end, function(p, k) return p[k] end
Point.__close = function(p) print("closed " .. tostring(p)) end
local function point(x, y) return setmetatable({ x = x, y = y }, Point) end
do local a <close> = point(1, 2); local b <const> = a + point(0.5, 0); print(tostring(b), a == point(1, 2), #a, a("y")) end
local words = {}
for w in ("the order of keys is not defined but sorted it is"):gmatch("%a+") do words[w] = #w end
local keys = {}
for k in pairs(words) do keys[#keys + 1] = k end
table.sort(keys)
for _, k in ipairs(keys) do io.write(k, "=", words[k], " ") end
print()
print(pcall(table.sort, { 3, "x", 1 }))
print(next({}), rawlen({ 1, 2 }), rawequal(t, t), #"abc")
