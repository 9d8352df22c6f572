/* SPDX-License-Identifier: MIT */
/* The console command that shows the memory map. */
#include <arch/layout.h>
#include <keel/command.h>
#include <keel/console.h>
#include <keel/memmap.h>
#include <keel/pmm.h>

static void print_range(phys_addr_t base, uint64_t size)
{
    console_printf("  0x%012llx to 0x%012llx %10llu KiB", (unsigned long long)base,
                   (unsigned long long)(base + size - 1), (unsigned long long)(size >> 10));
}

static unsigned long long kib(uint64_t bytes)
{
    return bytes >> 10;
}

static int cmd_mem(int argc, char **argv)
{
    phys_addr_t base;
    uint64_t size;
    const char *why;
    bool nomap;
    struct pmm_stats stats;

    console_printf("RAM:\n");
    for (unsigned int i = 0; memmap_ram(i, &base, &size); i++) {
        print_range(base, size);
        console_printf("\n");
    }
    console_printf("taken:\n");
    for (unsigned int i = 0; memmap_reservation(i, &base, &size, &why, &nomap); i++) {
        print_range(base, size);
        console_printf(" %s%s\n", why, nomap ? ", not mapped" : "");
    }
    pmm_get_stats(&stats);
    console_printf("RAM %llu KiB: taken for good %llu, page frames %llu of which %llu are free\n",
                   kib(memmap_ram_bytes()), kib(memmap_ram_bytes() - memmap_free_bytes()),
                   kib(stats.total << PAGE_SHIFT), kib(stats.free << PAGE_SHIFT));
    return 0;
}

COMMAND(mem, "", "print the memory map: RAM, what of it is taken, and by whom", cmd_mem);
