// SPDX-License-Identifier: Apache-2.0
import { missing } from "./parts/colours";
import gone from "./gone";
const twice = 1;
const twice = 2;
