/* SPDX-License-Identifier: MIT */
/* Telling how programs ended that did not end by themselves. Any thread. */
#ifndef KEEL_CRASH_H
#define KEEL_CRASH_H

#include <keel/base.h>
#include <keel/bootfs.h>
#include <keel/info.h>

/* How a process has ended, or stands. 0, or what keel_object_get_info() says. */
int keel_process_result(keel_handle_t process, keel_info_process_t *out);

/* "was ended by a fault", "was killed", or NULL: it ended by itself, or runs. */
const char *keel_end_in_words(const keel_info_process_t *info);

/* Writes where a process was that a fault has ended to an output, a line for each call: its number, address,
 * function and `file`, the program's, which tells the functions' names. Nothing where it ended in another way. */
void keel_crash_show(unsigned fd, keel_handle_t process, const keel_bootfs_entry_t *file);

#endif
