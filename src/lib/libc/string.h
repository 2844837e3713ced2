/* SPDX-License-Identifier: Apache-2.0 */
/* string.h - the string functions that library code may call; src/lib implements them.
 *
 * There is no C library in the kernel. This folder holds the few standard headers that libraries
 * built into it include by name, and declares nothing that is not implemented. C's own definitions
 * of these functions hold.
 */
#ifndef CELLA_LIBC_STRING_H
#define CELLA_LIBC_STRING_H

#include <stddef.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t len);
void *memmove(void *dst, const void *src, size_t len);
void *memset(void *dst, int byte, size_t len);
int   memcmp(const void *a, const void *b, size_t len);
void *memchr(const void *s, int byte, size_t len);

size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int    strcmp(const char *a, const char *b);
int    strncmp(const char *a, const char *b, size_t max);
char  *strchr(const char *s, int c);
char  *strrchr(const char *s, int c);
size_t strspn(const char *s, const char *set);
size_t strcspn(const char *s, const char *set);

#endif
