/* SPDX-License-Identifier: MIT */
/* The end of a program. */
#ifndef USER_STDLIB_H
#define USER_STDLIB_H

__attribute__((noreturn)) void exit(int status);
__attribute__((noreturn)) void abort(void);

#endif
