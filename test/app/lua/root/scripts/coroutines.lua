-- SPDX-License-Identifier: Apache-2.0
-- Coroutines: producers and consumers, wrap, errors within, many at a time.
local function numbers(limit)
    return coroutine.wrap(function() for i = 2, limit do coroutine.yield(i) end end)
end
local function filter(prime, source)
    return coroutine.wrap(function()
        for n in source do if n % prime ~= 0 then coroutine.yield(n) end end
    end)
end
local primes, source = {}, numbers(300)
for prime in source do
    primes[#primes + 1] = prime
    source = filter(prime, source)
    if #primes == 40 then break end
end
local sieve = numbers(200)
local found = {}
while true do
    local prime = sieve()
    if not prime then break end
    found[#found + 1] = prime
    sieve = filter(prime, sieve)
end
print(#found, found[#found], table.concat(found, " ", 1, 12))
local co = coroutine.create(function(a, b)
    local c = coroutine.yield(a + b)
    local d, e = coroutine.yield(c * 2)
    error({ code = d + e })
end)
print(coroutine.resume(co, 1, 2)); print(coroutine.resume(co, 10)); print(coroutine.status(co))
local ok, e = coroutine.resume(co, 3, 4)
print(ok, e.code, coroutine.status(co), coroutine.resume(co))
local many = {}
for i = 1, 2000 do many[i] = coroutine.create(function() local s = 0 while true do s = s + coroutine.yield(s) end end) end
for round = 1, 5 do for i = 1, #many do assert(coroutine.resume(many[i], i)) end end
local _, last = coroutine.resume(many[2000], 0)
print(last, coroutine.isyieldable(), select(2, coroutine.running()))
