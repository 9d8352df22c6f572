/* SPDX-License-Identifier: MIT */
/* How programs ended that did not end by themselves: in words, and where they were. */
#include "symbols.h"

#include <keel/crash.h>
#include <keel/syscalls.h>
#include <stdio.h>

#define NAME_SHOWN 64

int keel_process_result(keel_handle_t process, keel_info_process_t *out)
{
    return keel_object_get_info(process, KEEL_INFO_PROCESS, out, sizeof(*out), NULL, NULL);
}

const char *keel_end_in_words(const keel_info_process_t *info)
{
    return info->flags & KEEL_INFO_PROCESS_FLAG_FAULTED  ? "was ended by a fault"
           : info->flags & KEEL_INFO_PROCESS_FLAG_KILLED ? "was killed"
                                                         : NULL;
}

/* `back`: 1 where the address is the one behind a call, so that it may lie in the next function. */
static void show_frame(unsigned fd, unsigned number, uint64_t pc, uint64_t image, unsigned back,
                       const keel_bootfs_entry_t *file)
{
    uint64_t offset;
    size_t length;
    const char *name =
        image != 0 ? lib_find_symbol(file->data, file->size, pc - back - image, &length, &offset)
                   : NULL;

    if (name) {
        dprintf(fd, "#%-2u %016llx %.*s+0x%llx (%s)\n", number, (unsigned long long)pc,
                (int)(length < NAME_SHOWN ? length : NAME_SHOWN), name,
                (unsigned long long)(offset + back), file->name);
    } else {
        dprintf(fd, "#%-2u %016llx\n", number, (unsigned long long)pc);
    }
}

void keel_crash_show(unsigned fd, keel_handle_t process, const keel_bootfs_entry_t *file)
{
    keel_info_process_fault_t fault;

    if (keel_object_get_info(process, KEEL_INFO_PROCESS_FAULT, &fault, sizeof(fault), NULL, NULL) !=
        0) {
        return;
    }
    for (unsigned i = 0; i < fault.frame_count; i++) {
        show_frame(fd, i, fault.frames[i], fault.image, i != 0, file);
    }
}
