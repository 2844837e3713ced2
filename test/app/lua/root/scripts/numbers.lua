-- SPDX-License-Identifier: Apache-2.0
-- Integers, floats and the math library.
print(7 // 2, -7 // 2, 7 % -3, -7 % 3, 7.5 // 2, 2^10, 10 / 2, 1 // 0.0, -1 // 0.0)
print(math.maxinteger + 1 == math.mininteger, math.maxinteger * 2, 1 << 63, 1 << 64, ~0 >> 60)
print(math.type(1), math.type(1.0), math.type("1"), 1 == 1.0, "10" + 5, 0x7fffffffffffffff, 1e308 * 10)
print(math.tointeger(3.0), math.tointeger(3.5), math.ult(1, -1), math.abs(math.mininteger))
for _, f in ipairs({ "sin", "cos", "tan", "asin", "acos", "atan", "exp", "log", "sqrt" }) do
    io.write(("%s=%.15g "):format(f, math[f](0.7)))
end
print()
print(math.floor(-3.5), math.ceil(-3.5), math.fmod(-7, 3), math.modf(-3.7))
print(0/0 ~= 0/0, math.huge, -math.huge, math.pi, 5 // 0.3)
print(tostring(2^63), 2^63 == math.maxinteger + 1.0, string.format("%.20g", 0.1), 1e-320)
print(tonumber("0x1p4"), tonumber("  12  "), tonumber("1e"), tonumber("zz", 36), tonumber("8", 8))
print(pcall(function() return 1 // 0 end))
print(pcall(function() return 2^53 | 0.5 end))
math.randomseed(42)
local a = { math.random(100), math.random(100), math.random(1 << 40) }
math.randomseed(42)
print(a[1] == math.random(100), a[2] == math.random(100), a[3] == math.random(1 << 40))
