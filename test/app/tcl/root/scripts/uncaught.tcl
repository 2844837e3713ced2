# SPDX-License-Identifier: Apache-2.0
proc inner x { expr {$x + "text"} }
proc outer {} { inner 1 }
outer
