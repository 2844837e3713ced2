-- SPDX-License-Identifier: Apache-2.0
print("before"); error({ code = 5 })
