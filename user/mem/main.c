/* SPDX-License-Identifier: MIT */
/* mem: the machine's memory, and what the kernel has of it. */
#include <keel/call_types.h>
#include <keel/resource.h>
#include <keel/runtime.h>
#include <keel/syscalls.h>
#include <stdio.h>
#include <string.h>

#define KIB UINT64_C(1024)

static void show(const char *what, uint64_t bytes)
{
    printf("%-16s%10llu KiB\n", what, (unsigned long long)(bytes / KIB));
}

int main(void)
{
    keel_handle_t resource = keel_startup_resource(KEEL_RSRC_SYSTEM_INFO_BASE);
    keel_info_kmem_stats_t stats;
    uint64_t actual, avail;
    int err = keel_object_get_info(resource, KEEL_INFO_KMEM_STATS, &stats, sizeof(stats), &actual,
                                   &avail);

    if (err != 0) {
        dprintf(2, "mem: %s\n", strerror(err));
        return 1;
    }
    show("total", stats.total_bytes);
    show("free", stats.free_bytes);
    show("kernel's heap", stats.heap_bytes);
    show("  in use", stats.heap_used_bytes);
    show("page tables", stats.page_table_bytes);
    printf("%-16s%10llu\n", "objects", (unsigned long long)stats.objects);
    return 0;
}
