/* SPDX-License-Identifier: Apache-2.0 */
/* mem_load_static_pie.c - loading a program that is linked for any address, without an interpreter. */
/* link: static-pie */
#define _GNU_SOURCE
#include "mem_load.h"
