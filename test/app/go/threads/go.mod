// SPDX-License-Identifier: Apache-2.0
module threads

go 1.19
