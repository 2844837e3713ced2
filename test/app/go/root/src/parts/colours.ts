// SPDX-License-Identifier: Apache-2.0
export interface Colour { name?: string; value: number }
export const colours: Colour[] = [{ name: "red", value: 0xff0000 }, { name: "green", value: 0x00ff00 }, { value: 0 }];
export const unused = colours.length;
