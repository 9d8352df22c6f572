/* SPDX-License-Identifier: MIT */
/* The console command that shows address spaces: one address, entries, or areas (V12). */
#include <arch/layout.h>
#include <keel/aspace.h>
#include <keel/command.h>
#include <keel/console.h>
#include <keel/errno.h>
#include <keel/pagetable.h>
#include <keel/parse.h>
#include <keel/string.h>

#define FLAGS_TEXT_MAX 64

static int parse_address(const char *text, uint64_t *out)
{
    int err = kstrtou64(text, 0, out);

    if (err != 0) {
        console_printf("%s is no number\n", text);
    }
    return err;
}

/* Addresses of the user half are those of the space that runs here. */
static int query(uint64_t va, struct pt_entry *entry)
{
    struct aspace *as = aspace_current();

    return va < USER_TOP && as ? aspace_query(as, va, entry)
                               : pt_query_entry(&kernel_pt, va, entry);
}

static int translate(const char *text)
{
    char flags[FLAGS_TEXT_MAX];
    struct pt_entry entry;
    uint64_t va;

    if (parse_address(text, &va) != 0) {
        return -EINVAL;
    }
    if (query(va, &entry) != 0) {
        console_printf("0x%llx is not mapped\n", (unsigned long long)va);
        return -ENOENT;
    }
    vm_flags_text(entry.flags, flags, sizeof(flags));
    console_printf("0x%llx -> 0x%llx, %s%s%s, in a page of %llu KiB\n", (unsigned long long)va,
                   (unsigned long long)entry.pa, flags, entry.accessed ? ", accessed" : "",
                   entry.dirty ? ", dirty" : "", (unsigned long long)(entry.size >> 10));
    return 0;
}

static void print_line(void *arg, const char *text)
{
    (void)arg;
    console_printf("%s\n", text);
}

/* All tables, or what is over an address or a range of them. */
static int dump(int argc, char **argv)
{
    uint64_t va = kernel_pt.first, size = kernel_pt.last - kernel_pt.first;

    if (argc > 0) {
        size = PAGE_SIZE;
        if (parse_address(argv[0], &va) != 0 || (argc > 1 && parse_address(argv[1], &size) != 0)) {
            return -EINVAL;
        }
    }
    console_printf("%s, root 0x%llx, %u levels; index, address, what it leads to:\n",
                   kernel_pt.format->name, (unsigned long long)pt_phys(&kernel_pt),
                   kernel_pt.format->levels);
    pt_dump(&kernel_pt, va, size, print_line, NULL);
    return 0;
}

static const char *area_of(virt_addr_t va)
{
    if (va - DIRECT_MAP_BASE < DIRECT_MAP_SIZE) {
        return "direct map";
    }
    return va - KMAP_BASE < KMAP_SIZE ? "mapping area" : "image";
}

static void print_run(virt_addr_t start, uint64_t size, uint32_t flags)
{
    char text[FLAGS_TEXT_MAX];

    vm_flags_text(flags, text, sizeof(text));
    console_printf("  0x%016llx to 0x%016llx %10llu KiB %-12s %s\n", (unsigned long long)start,
                   (unsigned long long)(start + size - 1), (unsigned long long)(size >> 10),
                   area_of(start), text);
}

/* Neighbours with the same flags are one line. */
static int maps(void)
{
    virt_addr_t va = kernel_pt.first, start = va;
    struct pt_entry entry;
    uint32_t flags = 0;
    uint64_t size = 0;

    while (pt_next_leaf(&kernel_pt, &va, &entry) == 0) {
        if (size != 0 && (va != start + size || entry.flags != flags)) {
            print_run(start, size, flags);
            size = 0;
        }
        start = size == 0 ? va : start;
        flags = entry.flags;
        size += entry.size;
        va += entry.size;
    }
    if (size != 0) {
        print_run(start, size, flags);
    }
    return 0;
}

static int cmd_vm(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    if (strcmp(what, "translate") == 0 && argc == 3) {
        return translate(argv[2]);
    }
    if (strcmp(what, "dump") == 0 && argc <= 4) {
        return dump(argc - 2, argv + 2);
    }
    if (strcmp(what, "maps") == 0 && argc == 2) {
        return maps();
    }
    if (strcmp(what, "spaces") == 0 && argc == 2) {
        console_printf("%u address spaces of programs\n", aspace_print_all());
        return 0;
    }
    console_printf("usage: vm translate ADDR | vm dump [ADDR [SIZE]] | vm maps | vm spaces\n");
    return -EINVAL;
}

COMMAND(
    vm, "translate ADDR | dump [ADDR [SIZE]] | maps | spaces",
    "show what addresses lead to, page-table entries, or what is mapped where, by the kernel or by "
    "programs",
    cmd_vm);
