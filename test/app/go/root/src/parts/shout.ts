// SPDX-License-Identifier: Apache-2.0
export const shout = (text: string) => text.toUpperCase().replaceAll("-", "") + "!";
