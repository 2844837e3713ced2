-- SPDX-License-Identifier: Apache-2.0
-- An error that nobody catches.
local function inner(t) return t.missing.field end
local function outer() return (inner({})) end
print("before"); outer(); print("not reached")
