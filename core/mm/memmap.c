/* SPDX-License-Identifier: MIT */
/* The physical memory map: RAM banks, reservations, and the early allocator between them. */
#define LOG_TAG "memory"
#include <arch/layout.h>
#include <arch/uaccess.h>
#include <keel/errno.h>
#include <keel/log.h>
#include <keel/memmap.h>
#include <keel/panic.h>
#include <keel/string.h>

#define RAM_MAX          128u
#define RESERVATIONS_MAX 256u

/* No page from here on: its end could not be named. */
#define ADDRESS_END      ALIGN_DOWN(UINT64_MAX, PAGE_SIZE)

#define PATTERN          0x6b65656c6b65656cull

struct range {
    phys_addr_t base;
    phys_addr_t end; /* first byte behind it */
};

struct reservation {
    struct range range;
    const char *why;
    unsigned flags; /* MEMMAP_* */
};

/* Sorted by base; banks are disjoint and never touch, reservations may overlap. */
static struct range ram[RAM_MAX];
static unsigned ram_count;
static struct reservation reservations[RESERVATIONS_MAX];
static unsigned reservation_count;

/* Set when the page allocator has what was free. */
static bool closed;

/* Makes room at `index` of an array by moving up what lies from there on. */
static void open_slot(void *array, size_t item, unsigned index, unsigned count)
{
    char *at = (char *)array + item * index;

    memmove(at + item, at, item * (count - index));
}

static void close_slot(void *array, size_t item, unsigned index, unsigned count)
{
    char *at = (char *)array + item * index;

    memmove(at, at + item, item * (count - index - 1));
}

/* Takes the banks that [base, end) touches into it and out of the table. */
static struct range absorb_banks(struct range bank)
{
    for (unsigned i = 0; i < ram_count;) {
        if (ram[i].base <= bank.end && bank.base <= ram[i].end) {
            bank.base = MIN(bank.base, ram[i].base);
            bank.end = MAX(bank.end, ram[i].end);
            close_slot(ram, sizeof(ram[0]), i, ram_count--);
        } else {
            i++;
        }
    }
    return bank;
}

int memmap_add_ram(phys_addr_t base, uint64_t size)
{
    struct range bank;
    unsigned at = 0;

    if (base + size < base || base > UINT64_MAX - PAGE_SIZE) {
        return -EINVAL;
    }
    bank.base = ALIGN_UP(base, PAGE_SIZE);
    bank.end = ALIGN_DOWN(base + size, PAGE_SIZE);
    if (bank.end <= bank.base) {
        return 0;
    }
    bank = absorb_banks(bank);
    if (ram_count == RAM_MAX) {
        return -ENOSPC;
    }
    while (at < ram_count && ram[at].base < bank.base) {
        at++;
    }
    open_slot(ram, sizeof(ram[0]), at, ram_count++);
    ram[at] = bank;
    return 0;
}

/* Extends a reservation of the same owner that ends or begins where `range` does. */
static bool extend_reservation(struct range range, const char *why, unsigned flags)
{
    for (unsigned i = 0; i < reservation_count; i++) {
        struct reservation *r = &reservations[i];

        if (r->why == why && r->flags == flags && r->range.end == range.base) {
            r->range.end = range.end;
            return true;
        }
    }
    return false;
}

int memmap_reserve(phys_addr_t base, uint64_t size, const char *why, unsigned flags)
{
    struct range range = {ALIGN_DOWN(base, PAGE_SIZE), ADDRESS_END};
    unsigned at = 0;

    if (size == 0 || base >= ADDRESS_END) {
        return 0;
    }
    if (size < ADDRESS_END - base) {
        range.end = ALIGN_UP(base + size, PAGE_SIZE);
    }
    if (extend_reservation(range, why, flags)) {
        return 0;
    }
    if (reservation_count == RESERVATIONS_MAX) {
        return -ENOSPC;
    }
    while (at < reservation_count && reservations[at].range.base < range.base) {
        at++;
    }
    open_slot(reservations, sizeof(reservations[0]), at, reservation_count++);
    reservations[at] = (struct reservation){.range = range, .why = why, .flags = flags};
    return 0;
}

/*
 * Finds the next piece of RAM at or above `from` that no reservation touches; with nomap_only, only
 * those that must not be mapped count. Reservations are sorted by base, so the first that covers or
 * follows `from` decides.
 */
static bool next_hole_free(phys_addr_t from, bool nomap_only, struct range *out)
{
    for (unsigned bank = 0; bank < ram_count; bank++) {
        phys_addr_t start = MAX(from, ram[bank].base);
        phys_addr_t end = ram[bank].end;

        for (unsigned i = 0; i < reservation_count && start < end; i++) {
            const struct reservation *r = &reservations[i];

            if ((nomap_only && !(r->flags & MEMMAP_NOMAP)) || r->range.end <= start) {
                continue;
            }
            if (r->range.base <= start) {
                start = r->range.end;
            } else {
                end = MIN(end, r->range.base);
                break;
            }
        }
        if (start < end) {
            *out = (struct range){start, end};
            return true;
        }
    }
    return false;
}

uint64_t memmap_ram_bytes(void)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < ram_count; i++) {
        sum += ram[i].end - ram[i].base;
    }
    return sum;
}

uint64_t memmap_free_bytes(void)
{
    struct range piece = {0, 0};
    uint64_t sum = 0;

    while (next_hole_free(piece.end, false, &piece)) {
        sum += piece.end - piece.base;
    }
    return sum;
}

bool memmap_ram(unsigned index, phys_addr_t *base, uint64_t *size)
{
    if (index >= ram_count) {
        return false;
    }
    *base = ram[index].base;
    *size = ram[index].end - ram[index].base;
    return true;
}

bool memmap_reservation(unsigned index, phys_addr_t *base, uint64_t *size, const char **why,
                        bool *nomap)
{
    if (index >= reservation_count) {
        return false;
    }
    *base = reservations[index].range.base;
    *size = reservations[index].range.end - *base;
    *why = reservations[index].why;
    *nomap = (reservations[index].flags & MEMMAP_NOMAP) != 0;
    return true;
}

bool memmap_mappable(phys_addr_t from, phys_addr_t *base, uint64_t *size)
{
    struct range piece;

    if (!next_hole_free(from, true, &piece)) {
        return false;
    }
    *base = piece.base;
    *size = piece.end - piece.base;
    return true;
}

/* Whether there is memory at all. */
static bool keeps(const void *word)
{
    uint64_t value;

    return arch_write_nofault((virt_addr_t)word, sizeof(value), PATTERN) == 0 &&
           arch_read_nofault((virt_addr_t)word, sizeof(value), &value) == 0 && value == PATTERN;
}

/* A map that announces more than the machine has would end in tables that forget what is written. */
static void check_ends(phys_addr_t base, uint64_t size)
{
    char *first = arch_phys_to_virt(base);

    if (!keeps(first) || !keeps(first + size - sizeof(uint64_t))) {
        panic("RAM at %#llx, %#llx bytes, does not keep what is written: the memory map is wrong",
              (unsigned long long)base, (unsigned long long)size);
    }
}

void memmap_verify(void)
{
    struct range piece = {0, 0};

    while (next_hole_free(piece.end, false, &piece)) {
        check_ends(piece.base, piece.end - piece.base);
    }
}

bool memmap_free_piece(phys_addr_t from, phys_addr_t *base, uint64_t *size)
{
    struct range piece;

    if (!next_hole_free(from, false, &piece)) {
        return false;
    }
    *base = piece.base;
    *size = piece.end - piece.base;
    return true;
}

phys_addr_t memmap_take(uint64_t size, uint64_t align, phys_addr_t from, phys_addr_t limit,
                        const char *why)
{
    struct range piece = {0, from};

    if (closed) {
        log_error("%s: the memory map has handed all RAM over to the page allocator", why);
        return 0;
    }
    size = ALIGN_UP(size, PAGE_SIZE);
    while (size != 0 && next_hole_free(piece.end, false, &piece) && piece.base < limit) {
        phys_addr_t at = ALIGN_UP(MAX(piece.base, PAGE_SIZE), align);
        phys_addr_t end = MIN(piece.end, limit);

        if (at < end && end - at >= size && memmap_reserve(at, size, why, 0) == 0) {
            return at;
        }
    }
    return 0;
}

phys_addr_t memmap_alloc(uint64_t size, uint64_t align, phys_addr_t limit, const char *why)
{
    phys_addr_t at = memmap_take(size, align, 0, limit, why);

    if (at != 0) {
        check_ends(at, ALIGN_UP(size, PAGE_SIZE));
        memset(arch_phys_to_virt(at), 0, ALIGN_UP(size, PAGE_SIZE));
    }
    return at;
}

void memmap_close(void)
{
    closed = true;
}

bool memmap_is_ram(phys_addr_t base, uint64_t size)
{
    for (unsigned i = 0; i < ram_count; i++) {
        if (base >= ram[i].base && base < ram[i].end) {
            return size <= ram[i].end - base;
        }
    }
    return false;
}

bool memmap_is_firmwares(phys_addr_t base, uint64_t size)
{
    bool found = false;

    for (unsigned i = 0; i < reservation_count; i++) {
        const struct reservation *r = &reservations[i];

        if (base >= r->range.end || r->range.base - MIN(base, r->range.base) >= size) {
            continue;
        }
        if (!(r->flags & MEMMAP_FIRMWARE)) {
            return false;
        }
        found |= base >= r->range.base && size <= r->range.end - base;
    }
    return found && memmap_is_ram(base, size);
}
