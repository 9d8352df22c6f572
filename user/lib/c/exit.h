/* SPDX-License-Identifier: MIT */
/* What the end of a program does for the rest of the library. */
#ifndef USER_EXIT_H
#define USER_EXIT_H

/* Called last; NULL: nothing to say. Set by who has something, so that others need not be linked. */
extern void (*lib_last_words)(void);

#endif
