/* SPDX-License-Identifier: MIT */
/* Processes, for the files of core/object. */
#ifndef CORE_OBJECT_PROCESS_H
#define CORE_OBJECT_PROCESS_H

#include <keel/process.h>

/* Ends the calling thread's process in that way, if it has not ended otherwise before. */
__noreturn void process_end_by(const struct process_end *end);

virt_addr_t process_image(const struct process *process);

#endif
