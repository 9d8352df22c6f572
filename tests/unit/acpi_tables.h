/* SPDX-License-Identifier: MIT */
/* ACPI tables written into a make-believe physical memory, for tests. */
#ifndef TESTS_UNIT_ACPI_TABLES_H
#define TESTS_UNIT_ACPI_TABLES_H

#include <arch/acpi.h>
#include <string.h>

#define FAKE_BASE  0x0u
#define FAKE_BYTES 0x110000u /* up to beyond the BIOS area */

static uint8_t fake[FAKE_BYTES];
static uint32_t fake_at;        /* where the next table goes */
static uint32_t fake_roots[64]; /* tables the root table will list */
static uint32_t fake_root_count;

static inline void fake_put(uint32_t at, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        fake[at + i] = (uint8_t)(value >> (8 * i));
    }
}

/* Makes `bytes` bytes sum to zero by the one at `sum`. */
static inline void fake_sum(uint32_t at, uint32_t bytes, uint32_t sum)
{
    uint8_t total = 0;

    fake[sum] = 0;
    for (uint32_t i = 0; i < bytes; i++) {
        total = (uint8_t)(total + fake[at + i]);
    }
    fake[sum] = (uint8_t)-total;
}

/* Nothing but zeros; tables start at 64 KiB. */
static inline void fake_reset(void)
{
    memset(fake, 0, sizeof(fake));
    fake_at = 0x10000;
    fake_root_count = 0;
}

/* Opens a table of `bytes` zero bytes with a header; sums come from fake_close(). */
static inline uint32_t fake_open(const char *signature, uint32_t bytes)
{
    uint32_t at = fake_at;

    memcpy(fake + at, signature, 4);
    fake_put(at + 4, bytes, 4);
    fake[at + 8] = 3;
    fake_at += (bytes + 15) & ~15u;
    return at;
}

static inline void fake_close(uint32_t at)
{
    uint32_t bytes;

    memcpy(&bytes, fake + at + 4, 4);
    fake_sum(at, bytes, at + 9);
}

/* Closes a table that the root table lists. */
static inline void fake_list(uint32_t at)
{
    fake_close(at);
    fake_roots[fake_root_count++] = at;
}

/* Writes RSDP (revision 2 with an XSDT, 0 with an RSDT) at `at`. */
static inline void fake_finish(uint32_t at, uint8_t revision)
{
    unsigned size = revision >= 2 ? 8 : 4;
    uint32_t root = fake_open(revision >= 2 ? "XSDT" : "RSDT", 36 + fake_root_count * size);

    for (uint32_t i = 0; i < fake_root_count; i++) {
        fake_put(root + 36 + i * size, fake_roots[i], size);
    }
    fake_close(root);
    memcpy(fake + at, "RSD PTR ", 8);
    fake[at + 15] = revision;
    fake_put(at + (revision >= 2 ? 24 : 16), root, size);
    fake_put(at + 20, 36, 4);
    fake_sum(at, 20, at + 8);
    fake_sum(at, 36, at + 32);
}

static inline const void *fake_map(phys_addr_t base, size_t size)
{
    return base <= FAKE_BYTES && size <= FAKE_BYTES - base ? fake + base : NULL;
}

#endif
