-- SPDX-License-Identifier: Apache-2.0
-- The collector under stress: cycles, weak tables, finalizers, large and small blocks, both modes.
local finalized = 0
local function cycle() local a, b = {}, {}; a.b, b.a = b, a; return a end
for _, mode in ipairs({ "incremental", "generational" }) do
    collectgarbage(mode)
    local live = {}
    for i = 1, 60000 do
        local c = cycle()
        if i % 100 == 0 then live[#live + 1] = c end
        if i % 1000 == 0 then setmetatable(c, { __gc = function() finalized = finalized + 1 end }) end
    end
    local strings = {}
    for i = 1, 20000 do strings[i % 500 + 1] = ("%d"):format(i):rep(i % 97 + 1) end
    local large = {}
    for i = 1, 40 do large[i % 4 + 1] = string.rep(string.char(i), 1 << 20) end
    print(mode, #live, #strings, #large[1])
    live, strings, large = nil, nil, nil
    collectgarbage(); collectgarbage()
    print(finalized, collectgarbage("count") < 400)
end
local weak = setmetatable({}, { __mode = "k" })
for i = 1, 100 do weak[{}] = i end
local kept = {}; weak[kept] = "kept"
collectgarbage()
local n = 0; for _ in pairs(weak) do n = n + 1 end; print(n, weak[kept])
setmetatable({}, { __gc = function() print("finalizer at the end") end })
