/* SPDX-License-Identifier: MIT */
/* Text without regard to upper and lower case (POSIX). */
#ifndef USER_STRINGS_H
#define USER_STRINGS_H

#include <stddef.h>

int strcasecmp(const char *a, const char *b);
int strncasecmp(const char *a, const char *b, size_t n);

#endif
