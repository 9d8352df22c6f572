/* SPDX-License-Identifier: MIT */
/* Page tables for people (V12): leaves in order, a dump of all entries, flags in words. */
#include "pt_walk.h"

#include <keel/errno.h>
#include <keel/panic.h>
#include <keel/printf.h>

#define LINE_MAX       128
#define FLAGS_TEXT_MAX 64

void vm_flags_text(uint32_t flags, char *buf, size_t size)
{
    static const char *const types[] = {
        [VM_CACHED >> 8] = "",
        [VM_DEVICE >> 8] = " device",
        [VM_UNCACHED >> 8] = " uncached",
        [VM_WRITE_COMBINE >> 8] = " write-combining",
        [VM_WRITE_THROUGH >> 8] = " write-through",
    };
    unsigned type = (flags & VM_MEM_MASK) >> 8;

    ksnprintf(buf, size, "%c%c%c%s%s%s", (flags & VM_READ) ? 'r' : '-',
              (flags & VM_WRITE) ? 'w' : '-', (flags & VM_EXEC) ? 'x' : '-',
              (flags & VM_USER) ? " user" : "", (flags & VM_GLOBAL) ? " global" : "",
              type < ARRAY_SIZE(types) ? types[type] : " unknown memory");
}

/* The start of what lies behind the entry at `place`, or 0 behind the last. */
static virt_addr_t behind(const struct pt_place *place, virt_addr_t va)
{
    return ALIGN_DOWN(va, pt_leaf_size(place->level)) + pt_leaf_size(place->level);
}

static int next_leaf(const struct page_table *pt, virt_addr_t *va, struct pt_entry *out)
{
    virt_addr_t at = *va;

    while (at >= pt->first && at <= pt->last) {
        struct pt_place place;

        if (pt_query_entry(pt, at, out) == 0) {
            *va = ALIGN_DOWN(at, out->size);
            out->pa = ALIGN_DOWN(out->pa, out->size);
            return 0;
        }
        pt_descend(pt, at, 0, &place);
        at = behind(&place, at);
    }
    return -ENOENT;
}

int pt_next_leaf(const struct page_table *pt, virt_addr_t *va, struct pt_entry *out)
{
    uint64_t before = pt_enter(pt);
    int err = next_leaf(pt, va, out);

    pt_leave(pt, before);
    return err;
}

/* What a dump hands down. */
struct dump {
    const struct page_table *pt;
    void (*line)(void *arg, const char *text);
    void *arg;
};

static void leaf_text(const struct pt_format *format, pte_t entry, unsigned level, char *buf,
                      size_t size)
{
    char flags[FLAGS_TEXT_MAX];

    vm_flags_text(format->flags(entry, level), flags, sizeof(flags));
    ksnprintf(buf, size, "%012llx %s%s%s",
              (unsigned long long)pt_leaf_address(format, entry, level), flags,
              (entry & format->accessed_mask) != 0 ? " accessed" : "",
              (entry & format->dirty_mask) == format->dirty_value ? " dirty" : "");
}

static void dump_entry(const struct dump *dump, virt_addr_t va, const struct pt_place *place)
{
    const struct pt_format *format = dump->pt->format;
    unsigned indent = 2 * (format->levels - 1 - place->level);
    pte_t entry = *place->entry;
    char what[LINE_MAX], line[LINE_MAX];

    if (pt_is_leaf(format, entry, place->level)) {
        leaf_text(format, entry, place->level, what, sizeof(what));
    } else {
        ksnprintf(what, sizeof(what), "%012llx table",
                  (unsigned long long)pt_table_address(format, entry));
    }
    ksnprintf(line, sizeof(line), "%*s%03x %016llx -> %s", (int)indent, "", pt_index(place->entry),
              (unsigned long long)ALIGN_DOWN(va, pt_leaf_size(place->level)), what);
    dump->line(dump->arg, line);
}

/* The entries over va from the level below `from` (not 0) down to a leaf or an absent one, a line each;
 * gives where the last one ends. */
static virt_addr_t dump_path(const struct dump *dump, virt_addr_t va, unsigned from)
{
    struct pt_place place = {0};
    bool deeper = true;

    while (from > 0 && deeper) {
        pt_descend(dump->pt, va, --from, &place);
        DEBUG_ASSERT(place.level < PT_LEVELS_MAX);
        deeper = place.level == from;
        if (deeper && pt_is_present(dump->pt->format, *place.entry)) {
            dump_entry(dump, va, &place);
        }
    }
    return behind(&place, va);
}

/* The highest level at which two addresses have different entries, and one. */
static unsigned levels_apart(virt_addr_t a, virt_addr_t b, unsigned levels)
{
    while (levels > 0 && (a ^ b) >> (PAGE_SHIFT + PT_INDEX_BITS * (levels - 1)) == 0) {
        levels--;
    }
    return levels;
}

void pt_dump(const struct page_table *pt, virt_addr_t va, uint64_t size,
             void (*line)(void *arg, const char *text), void *arg)
{
    struct dump dump = {.pt = pt, .line = line, .arg = arg};
    virt_addr_t last = va + size - 1;
    unsigned from = pt->format->levels;
    uint64_t before = pt_enter(pt);

    last = MIN(last < va ? UINT64_MAX : last, pt->last);
    va = MAX(va, pt->first);
    while (size != 0 && va <= last) {
        virt_addr_t next = dump_path(&dump, va, from);

        if (next <= va) {
            break;
        }
        from = levels_apart(va, next, pt->format->levels);
        va = next;
    }
    pt_leave(pt, before);
}
