/* SPDX-License-Identifier: MIT */
/* What the files about information share. */
#ifndef CORE_SYSCALL_INFO_H
#define CORE_SYSCALL_INFO_H

#include <keel/info.h>
#include <keel/syscall.h>

struct vmo;

/* Where records go, one after the other. */
struct info_out {
    char __user *buffer;
    size_t room; /* bytes */
    uint64_t actual, avail;
    keel_rights_t rights; /* of the handle that is asked through */
};

/* One record more: written when it fits. -EFAULT. */
int info_put(struct info_out *out, const void *record, size_t size);

/* Tables: of threads, jobs, mappings, memory objects, handles. */
int info_process_threads(struct object *object, struct info_out *out);
int info_job_children(struct object *object, struct info_out *out);
int info_job_processes(struct object *object, struct info_out *out);
int info_process_maps(struct object *object, struct info_out *out);
int info_process_vmos(struct object *object, struct info_out *out);
int info_handle_table(struct object *object, struct info_out *out);
int info_cpu_stats(struct object *object, struct info_out *out);

/* What is told of memory. `rights`: of the handle by which it is known. */
void info_of_vmo(struct vmo *vmo, uint32_t flags, keel_rights_t rights, keel_info_vmo_t *out);

#endif
