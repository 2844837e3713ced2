-- SPDX-License-Identifier: Apache-2.0
-- Errors that are caught.
print(pcall(error, "plain")); print(pcall(error, "with level", 2))
print(select("#", pcall(error))); print(xpcall(function() local x = nil; return x.field end, function(m) return "handled: " .. m end))
print(pcall(function() local t = setmetatable({}, { __index = function(_, k) error("no " .. k, 0) end }); return t.thing end))
print(pcall(function() return 1 + {} end)); print(pcall(function() return #5 end)); print(pcall(function() return "a" < 1 end))
local function deep(n) return 1 + deep(n + 1) end
local ok, m = pcall(deep, 1); print(ok, (m:gsub("\n.*", "")))
ok, m = pcall(string.rep, "x", -1); print(ok, m == "")
print(pcall(setmetatable, 1, {})); print(pcall(next, {}, "nokey")); print(assert(1, "unused"), pcall(assert, false, "asserted"), pcall(assert, nil))
local log = {}
do
    local ok, e = pcall(function()
        local a <close> = setmetatable({}, { __close = function(_, err) log[#log + 1] = "close " .. tostring(err) end })
        error("in block", 0)
    end)
    print(ok, e, log[1])
end
goto finish
print("skipped")
::finish::
print(collectgarbage("count") > 0)
