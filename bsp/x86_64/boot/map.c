/* SPDX-License-Identifier: MIT */
/* Turns the memory map of a loader into one that can be relied on. */
#include "boot.h"

#include <keel/sort.h>
#include <keel/string.h>

/* Where regions begin and end; the map changes at these addresses only. */
static phys_addr_t edges[2 * BOOT_REGIONS_MAX];
static struct mem_region cleaned[BOOT_REGIONS_MAX];

static int compare_edges(const void *a, const void *b)
{
    phys_addr_t x = *(const phys_addr_t *)a, y = *(const phys_addr_t *)b;

    return x < y ? -1 : x > y;
}

static void tell(boot_map_report_fn *report, const struct mem_region *region, const char *what)
{
    if (report != NULL) {
        report(region, what);
    }
}

/* Cuts the region to what can exist; size 0 when nothing is left. */
static void make_possible(struct mem_region *region, phys_addr_t limit, boot_map_report_fn *report)
{
    if (region->size == 0) {
        tell(report, region, "is empty, ignored");
    } else if (region->base + region->size < region->base && region->base + region->size != 0) {
        tell(report, region, "wraps around the end of the address space, ignored");
        region->size = 0;
    } else if (region->base >= limit || region->size > limit - region->base) {
        if (region->type == MEM_RAM) {
            tell(report, region, "reaches beyond what the CPU can address, cut");
        }
        region->size = region->base >= limit ? 0 : limit - region->base;
    }
}

/* Collects the edges of all regions, sorted; returns how many. */
static unsigned collect_edges(const struct boot_info *info)
{
    unsigned count = 0;

    for (unsigned i = 0; i < info->region_count; i++) {
        const struct mem_region *region = &info->regions[i];

        if (region->size != 0) {
            edges[count++] = region->base;
            edges[count++] = region->base + region->size;
        }
    }
    sort(edges, count, sizeof(edges[0]), compare_edges);
    return count;
}

/* What [start, end), which no edge divides, is: the highest type around it. False: nothing is said
 * about it. */
static bool piece_type(const struct boot_info *info, struct mem_region *piece,
                       boot_map_report_fn *report)
{
    bool found = false, disputed = false;

    for (unsigned i = 0; i < info->region_count; i++) {
        const struct mem_region *region = &info->regions[i];

        if (piece->base < region->base || piece->base - region->base >= region->size) {
            continue;
        }
        disputed |= found && region->type != piece->type;
        piece->type = found ? MAX(piece->type, region->type) : region->type;
        found = true;
    }
    if (disputed) {
        tell(report, piece, "is announced as two kinds of memory, the safer one counts");
    }
    return found;
}

/* Appends a piece to `cleaned`, to the last one if it goes on there. */
static unsigned append(struct boot_info *info, unsigned count, const struct mem_region *piece)
{
    struct mem_region *last = count > 0 ? &cleaned[count - 1] : NULL;

    if (last != NULL && last->type == piece->type && last->base + last->size == piece->base) {
        last->size += piece->size;
        return count;
    }
    if (count == BOOT_REGIONS_MAX) {
        info->regions_dropped++;
        return count;
    }
    cleaned[count] = *piece;
    return count + 1;
}

void boot_map_clean(struct boot_info *info, unsigned phys_bits, boot_map_report_fn *report)
{
    phys_addr_t limit = 1ull << MIN(phys_bits, 63u);
    unsigned edge_count, count = 0;

    for (unsigned i = 0; i < info->region_count; i++) {
        make_possible(&info->regions[i], limit, report);
    }
    edge_count = collect_edges(info);
    for (unsigned i = 0; i + 1 < edge_count; i++) {
        struct mem_region piece = {.base = edges[i], .size = edges[i + 1] - edges[i]};

        if (piece.size != 0 && piece_type(info, &piece, report)) {
            count = append(info, count, &piece);
        }
    }
    memcpy(info->regions, cleaned, count * sizeof(cleaned[0]));
    info->region_count = count;
}
