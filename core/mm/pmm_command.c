/* SPDX-License-Identifier: MIT */
/* The console command that shows where the frames are and who has them. */
#include <keel/command.h>
#include <keel/console.h>
#include <keel/numa.h>
#include <keel/pmm.h>

static void print_uses(const struct pmm_stats *stats)
{
    static const char *const names[PMM_USES] = {"kernel",       "heap",           "page tables",
                                                "KASAN shadow", "memory objects", "page records"};

    console_printf("frames: %llu total, %llu free, %llu of these below 4 GiB\n",
                   (unsigned long long)stats->total, (unsigned long long)stats->free,
                   (unsigned long long)stats->below_4g_free);
    console_printf("used: %llu:", (unsigned long long)(stats->total - stats->free));
    for (unsigned use = 0; use < PMM_USES; use++) {
        console_printf("%s %s %llu", use == 0 ? "" : ",", names[use],
                       (unsigned long long)stats->used[use]);
    }
    console_printf("\nbad frees: %llu\n", (unsigned long long)stats->bad_frees);
}

static void print_arenas(void)
{
    struct pmm_arena_stats arena;

    for (unsigned i = 0; pmm_arena_stats(i, &arena); i++) {
        console_printf("arena %u: 0x%012llx to 0x%012llx, node %u, %llu frames, %llu free, "
                       "%u of %llu pieces of 2 MiB unused, %u ever used\n",
                       i, (unsigned long long)arena.base,
                       (unsigned long long)(arena.base + arena.size - 1), arena.node,
                       (unsigned long long)arena.total, (unsigned long long)arena.free, arena.whole,
                       (unsigned long long)(arena.size >> 21), arena.touched);
    }
}

static void print_nodes(void)
{
    uint64_t total, free;

    for (unsigned node = 0; pmm_node_stats(node, &total, &free); node++) {
        console_printf("node %u: %llu frames, %llu free, distances", node,
                       (unsigned long long)total, (unsigned long long)free);
        for (unsigned to = 0; to < numa_nodes(); to++) {
            console_printf(" %u", numa_distance(node, to));
        }
        console_printf("\n");
    }
}

static int cmd_pmm(int argc, char **argv)
{
    struct pmm_stats stats;

    pmm_get_uses(&stats);
    print_uses(&stats);
    print_arenas();
    print_nodes();
    return 0;
}

COMMAND(pmm, "", "print how many page frames are free, by arena and node, and what uses the rest",
        cmd_pmm);
