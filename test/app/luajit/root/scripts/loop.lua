-- SPDX-License-Identifier: Apache-2.0
local s = 0
for i = 1, 10 do s = s + i end
return s
