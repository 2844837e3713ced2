-- SPDX-License-Identifier: Apache-2.0
local f = io.open("/tmp/kept", "w"); f:write("written"); io.write("no line end")
local c <close> = setmetatable({}, { __close = function() print(" closed") end })
os.exit(tonumber(arg[1]) or arg[1] == "true", arg[2] == "close")
