-- SPDX-License-Identifier: Apache-2.0
-- Time, environment, arguments, modules.
print(os.time({ year = 2024, month = 2, day = 29, hour = 12 }), os.date("!%Y-%m-%d %H:%M:%S", 1735689600))
local d = os.date("*t", 86400 * 365); print(d.year, d.yday, d.wday, d.isdst)
print(os.date("%A %d %B, week %W", 0), os.difftime(100, 40), os.time() > 1735689600)
print(os.getenv("HOME"), os.getenv("GREETING"), os.getenv("UNSET"))
print(#arg, arg[0], arg[1], arg[2], arg[-1], ...)
local before = os.clock(); local n = 0; repeat n = n + 1 until os.clock() > before; print(n > 0, os.clock() >= before)
package.path = "/scripts/lib/?.lua"
local shapes = require("shapes"); print(shapes.area({ w = 3, h = 4 }), require("shapes") == shapes)
print(pcall(require, "nothing"))
print(pcall(dofile, "/scripts/lib/broken.lua")); print(load("return 1 +")); print(load("return ...", "chunk", "t", {})(7))
local dumped = string.dump(function(a) return a * 2 end); print(load(dumped, "b", "b")(21), load(dumped, "b", "t"))
print(os.setlocale(), os.setlocale("C"), os.setlocale("xx_XX"))
print(os.execute(), debug.getinfo(1, "S").short_src); print(debug.traceback("here", 1))
