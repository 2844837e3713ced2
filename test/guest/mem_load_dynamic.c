/* SPDX-License-Identifier: Apache-2.0 */
/* mem_load_dynamic.c - loading a program that is linked for any address, with shared libraries. */
/* link: dynamic */
#define _GNU_SOURCE
#include "mem_load.h"
