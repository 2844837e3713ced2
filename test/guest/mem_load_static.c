/* SPDX-License-Identifier: Apache-2.0 */
/* mem_load_static.c - loading a program that is linked for a fixed address, without an interpreter. */
#define _GNU_SOURCE
#include "mem_load.h"
