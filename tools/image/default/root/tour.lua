-- SPDX-License-Identifier: Apache-2.0
-- tour.lua - what the default image's program does: show that it runs, with a little of everything.

local function user_name(uid)
    for line in io.lines("/etc/passwd") do
        local name, id = line:match("^([^:]*):[^:]*:(%d+):")
        if tonumber(id) == uid then
            return name
        end
    end
end

-- How many steps a point takes to leave the Mandelbrot set, at most limit.
local function steps(x, y, limit)
    local zx, zy = 0.0, 0.0
    for n = 1, limit do
        zx, zy = zx * zx - zy * zy + x, 2 * zx * zy + y
        if zx * zx + zy * zy > 4 then
            return n
        end
    end
    return limit
end

local function mandelbrot(width, height)
    local shades, limit = " .,:;+*%#@", 100
    for row = 0, height - 1 do
        local line = {}
        for column = 0, width - 1 do
            local n = steps(-2.1 + 2.9 * column / width, -1.2 + 2.4 * row / (height - 1), limit)
            local shade = 1 + math.floor(math.log(n) / math.log(limit) * (#shades - 1))
            line[#line + 1] = shades:sub(shade, shade)
        end
        print((table.concat(line):gsub("%s+$", "")))
    end
end

print("This is " .. _VERSION .. ", which Debian built for Linux on riscv64, unmodified.")
print("There is no Linux underneath: Cella, a unikernel, loaded it and its shared libraries")
print("from an ext4 image and answers its system calls. It computes:\n")
mandelbrot(72, 22)
print("\nIt reads files: user 0 is " .. user_name(0) .. ". Errors are Linux's: " ..
      select(2, io.open("/nowhere")) .. ".")
