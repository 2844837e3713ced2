-- SPDX-License-Identifier: Apache-2.0
-- The library package, and chunks that are loaded from strings, functions and files.
print(package.config:gsub("\n", " ")); print(type(package.path), type(package.cpath), #package.searchers)
print(package.searchpath("shapes", "/none/?.lua;/scripts/lib/?.lua")); print(package.searchpath("a.b", "/x/?.lua;/y/?/init.lua", ".", "/"))
package.preload.made = function(name, extra) print("loader", name, extra); return { name = name } end
print(require("made").name, select(2, require("made")), package.loaded.made ~= nil); package.loaded.made = nil; print(require("made").name)
table.insert(package.searchers, 2, function(name) if name == "odd" then return function(_, e) return { e } end, "extra" end return "\n\tnothing odd" end)
print(require("odd")[1], pcall(require, "never.there")); package.path = "/scripts/lib/?.lua"; print(select(2, require("shapes")))
print(package.loadlib("/usr/lib/riscv64-linux-gnu/libc.so.6", "*")); print(package.loadlib("/none.so", "luaopen_none"))
print(select("#", package.loadlib("/usr/lib/riscv64-linux-gnu/libc.so.6", "no_such_symbol")), pcall(require, 5))
package.cpath = "/none/?.so"; print(pcall(require, "c.module"))
print(loadfile("/scripts/lib/shapes.lua") ~= nil, loadfile("/none.lua")); print(loadfile("/scripts/lib/shapes.lua", "b"))
local f = io.open("/tmp/chunk", "wb"); f:write("#!/usr/bin/lua\nreturn ..., greeting"); f:close()
print(loadfile("/tmp/chunk", "t", { greeting = "hello" })(1)); print(dofile("/tmp/chunk"))
f = io.open("/tmp/chunk", "wb"); f:write(string.dump(function(...) return select("#", ...) end, true)); f:close(); print(loadfile("/tmp/chunk")(1, nil, nil))
local parts = { "return ", "1 ", "+ 41", nil }; local n = 0; print(load(function() n = n + 1; return parts[n] end)())
print(load(function() return {} end)); print(pcall(load, function() error("in the reader") end)); print(load("\27Lua broken", "x"))
print(_VERSION, _G._G == _G, _ENV == _G, rawget(_G, "undefined")); local _ENV = { print = print }; print(x, _G)
