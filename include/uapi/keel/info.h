/* SPDX-License-Identifier: MIT */
/* What keel_object_get_info() tells, by topic. Numbers and names are Zircon's where it has them. A topic gives one
 * record or, where it says so, any number of them; those that fit are written, none in part. */
#ifndef KEEL_UAPI_INFO_H
#define KEEL_UAPI_INFO_H

#include <keel/base.h>

#define KEEL_INFO_HANDLE_VALID         1u /* nothing is written */
#define KEEL_INFO_HANDLE_BASIC         2u
#define KEEL_INFO_PROCESS              3u
#define KEEL_INFO_PROCESS_THREADS      4u /* koids, those that have been started */
#define KEEL_INFO_VMAR                 7u
#define KEEL_INFO_JOB_CHILDREN         8u /* koids */
#define KEEL_INFO_JOB_PROCESSES        9u /* koids */
#define KEEL_INFO_THREAD               10u
#define KEEL_INFO_TASK_STATS           12u /* of a process */
#define KEEL_INFO_PROCESS_MAPS         13u /* mappings, by address */
#define KEEL_INFO_PROCESS_VMOS         14u /* by handles, then by mappings */
#define KEEL_INFO_THREAD_STATS         15u
#define KEEL_INFO_CPU_STATS            16u /* one for each CPU; a resource for KEEL_RSRC_SYSTEM_INFO_BASE */
#define KEEL_INFO_KMEM_STATS           17u /* a resource for KEEL_RSRC_SYSTEM_INFO_BASE */
#define KEEL_INFO_HANDLE_COUNT         19u
#define KEEL_INFO_PROCESS_HANDLE_STATS 21u
#define KEEL_INFO_VMO                  23u
#define KEEL_INFO_JOB                  24u
#define KEEL_INFO_HANDLE_TABLE         29u /* handles of a process */
#define KEEL_INFO_TASK_RUNTIME         30u /* of a process or a thread */
/* Keel's own. */
#define KEEL_INFO_PROCESS_FAULT        48u /* what ended a process by a fault; -ENOENT: nothing */

#define KEEL_INFO_NAME_MAX             32u

typedef struct keel_info_handle_basic {
    keel_koid_t koid;
    keel_rights_t rights;
    keel_obj_type_t type;
    keel_koid_t
        related_koid; /* the peer's, a thread's process's, a process's or job's job's; or 0 */
    uint64_t reserved;
} keel_info_handle_basic_t;

typedef struct keel_info_handle_count {
    uint32_t handle_count;
    uint32_t reserved;
} keel_info_handle_count_t;

#define KEEL_INFO_PROCESS_FLAG_STARTED UINT32_C(1)
#define KEEL_INFO_PROCESS_FLAG_EXITED  UINT32_C(2)
#define KEEL_INFO_PROCESS_FLAG_KILLED  UINT32_C(4) /* by task_kill */
#define KEEL_INFO_PROCESS_FLAG_FAULTED UINT32_C(8)

typedef struct keel_info_process {
    int64_t return_code; /* once it has exited */
    uint32_t flags;
    uint32_t threads; /* that run */
} keel_info_process_t;

#define KEEL_INFO_FAULT_FRAMES_MAX 16u

typedef struct keel_info_process_fault {
    uint64_t code; /* as the processor tells it */
    uint64_t address;
    char access; /* 'r', 'w', 'x': what was tried at `address`; 0: it is about no address */
    char reserved[3];
    uint32_t frame_count;
    uint64_t image; /* where the program begins: KEEL_PROP_PROCESS_IMAGE */
    uint64_t frames[KEEL_INFO_FAULT_FRAMES_MAX]; /* where it was, then where each call returns to */
} keel_info_process_fault_t;

#define KEEL_THREAD_STATE_NEW       0u
#define KEEL_THREAD_STATE_RUNNING   1u
#define KEEL_THREAD_STATE_SUSPENDED 2u
#define KEEL_THREAD_STATE_DEAD      5u
#define KEEL_THREAD_STATE_BLOCKED   0x103u /* in a call */

typedef struct keel_info_thread {
    uint32_t state;
    uint32_t reserved;
} keel_info_thread_t;

typedef struct keel_info_thread_stats {
    uint64_t total_runtime; /* ns, to where it was last charged */
    uint32_t last_scheduled_cpu;
    uint32_t reserved;
} keel_info_thread_stats_t;

typedef struct keel_info_task_runtime {
    uint64_t cpu_time; /* ns; a process's with that of threads that have ended */
} keel_info_task_runtime_t;

typedef struct keel_info_task_stats {
    uint64_t mem_mapped_bytes;
    uint64_t mem_private_bytes; /* of these, committed in objects that no other space maps */
    uint64_t mem_shared_bytes;  /* ... that others map too */
} keel_info_task_stats_t;

typedef struct keel_info_job {
    uint32_t killed;
    uint32_t jobs;
    uint32_t processes;
    uint32_t reserved;
} keel_info_job_t;

typedef struct keel_info_vmar {
    uint64_t base;
    uint64_t len;
} keel_info_vmar_t;

#define KEEL_INFO_VMO_RESIZABLE  UINT32_C(1)
#define KEEL_INFO_VMO_VIA_HANDLE UINT32_C(2)
#define KEEL_INFO_VMO_VIA_MAP    UINT32_C(4)

typedef struct keel_info_vmo {
    keel_koid_t koid; /* 0: memory that the kernel gave without an object */
    keel_koid_t parent_koid;
    char name[KEEL_INFO_NAME_MAX];
    uint64_t size_bytes;
    uint64_t committed_bytes;
    uint32_t num_children;
    uint32_t num_mappings;
    uint32_t share_count; /* spaces that map it */
    uint32_t flags;
    keel_rights_t handle_rights; /* KEEL_INFO_VMO_VIA_HANDLE */
    uint32_t cache_policy;
} keel_info_vmo_t;

typedef struct keel_info_maps {
    char name[KEEL_INFO_NAME_MAX];
    uint64_t base;
    uint64_t size;
    uint32_t permissions; /* KEEL_VM_PERM_ */
    uint32_t reserved;
    keel_koid_t vmo_koid;
    uint64_t vmo_offset;
} keel_info_maps_t;

typedef struct keel_info_handle_table {
    keel_handle_t handle;
    keel_rights_t rights;
    keel_obj_type_t type;
    uint32_t reserved;
    keel_koid_t koid;
} keel_info_handle_table_t;

typedef struct keel_info_process_handle_stats {
    uint32_t handle_count[32]; /* by type */
} keel_info_process_handle_stats_t;

typedef struct keel_info_kmem_stats {
    uint64_t total_bytes;
    uint64_t free_bytes;
    uint64_t heap_bytes;      /* that the kernel's heap holds */
    uint64_t heap_used_bytes; /* of these, handed out */
    uint64_t page_table_bytes;
    uint64_t objects; /* that live */
} keel_info_kmem_stats_t;

typedef struct keel_info_cpu_stats {
    uint32_t cpu_number;
    uint32_t flags;     /* 1: it is online */
    uint64_t idle_time; /* ns */
    uint64_t context_switches;
} keel_info_cpu_stats_t;

#endif
