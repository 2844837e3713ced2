-- SPDX-License-Identifier: Apache-2.0
-- Seconds of arithmetic: N queens, an n-body system, a matrix, a hash.
local function queens(n)
    local columns, up, down, count = {}, {}, {}, 0
    local function place(row)
        if row > n then count = count + 1; return end
        for c = 1, n do
            if not columns[c] and not up[row + c] and not down[row - c + n] then
                columns[c], up[row + c], down[row - c + n] = true, true, true
                place(row + 1)
                columns[c], up[row + c], down[row - c + n] = nil, nil, nil
            end
        end
    end
    place(1)
    return count
end
print("queens", queens(8))
local bodies = { { x = 0, y = 0, vx = 0, vy = 0, m = 1000 }, { x = 100, y = 0, vx = 0, vy = 3.1, m = 1 }, { x = 0, y = 150, vx = -2.5, vy = 0, m = 2 } }
for step = 1, 20000 do
    for i, a in ipairs(bodies) do
        for j, b in ipairs(bodies) do
            if i ~= j then
                local dx, dy = b.x - a.x, b.y - a.y
                local d = math.sqrt(dx * dx + dy * dy)
                a.vx, a.vy = a.vx + 0.01 * b.m * dx / d^3, a.vy + 0.01 * b.m * dy / d^3
            end
        end
    end
    for _, a in ipairs(bodies) do a.x, a.y = a.x + 0.01 * a.vx, a.y + 0.01 * a.vy end
end
for _, a in ipairs(bodies) do print(("body %.17g %.17g"):format(a.x, a.y)) end
local size, m = 60, {}
for i = 1, size do m[i] = {}; for j = 1, size do m[i][j] = 1 / (i + j) end end
local trace = 0
for i = 1, size do for k = 1, size do local s = 0; for j = 1, size do s = s + m[i][j] * m[j][k] end; if i == k then trace = trace + s end end end
print(("trace %.17g"):format(trace))
local hash = 0xcbf29ce484222325
for i = 1, 400000 do hash = (hash ~ (i & 255)) * 0x100000001b3 end
print(("hash %016x"):format(hash))
