/* SPDX-License-Identifier: Apache-2.0 */
/* pathname.h - taking paths apart. All strings that are returned are the caller's. */
#ifndef CELLA_PATHNAME_H
#define CELLA_PATHNAME_H

/* Of "a/b/c": "a/b", and "c". */
char *pathname_folder(const char *path);
char *pathname_last(const char *path);

/* Take the first component off *rest, which is replaced by what is left of it. Null at the end. */
char *pathname_take(char **rest);

#endif
