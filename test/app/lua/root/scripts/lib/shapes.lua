-- SPDX-License-Identifier: Apache-2.0
local shapes = {}
function shapes.area(r) return r.w * r.h end
return shapes
