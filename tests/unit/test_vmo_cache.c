/* SPDX-License-Identifier: MIT */
/* Cache policies of memory objects on a machine whose memory and caches hold different things: what the
 * kernel reads and writes through its cached mapping, and what others see past the caches, must agree. */
#include "fake_memory.h"

#include "../../core/vm/vmo_internal.h"

#include <arch/layout.h>
#include <keel/cache.h>
#include <keel/errno.h>
#include <keel/memmap.h>
#include <keel/page.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RAM_BYTES ((size_t)FAKE_PAGES * PAGE_SIZE)
#define LARGE     (2ull << 20)
/* The kernel never maps these. */
#define HOLE      (7000ull * PAGE_SIZE)
#define HOLE_END  (7010ull * PAGE_SIZE)

/* fake_ram is what the CPU sees through its caches; `memory` is what is behind them; `clean` is what a
 * line held when it was last the same as memory. */
static char *memory, *clean;
static size_t synced;

void fake_cache_flush(const void *va, size_t size)
{
    size_t at = (size_t)((const char *)va - fake_ram);

    if (at >= RAM_BYTES) { /* the page of zeros lies in the program */
        return;
    }
    for (size_t i = at; i < at + size; i++) {
        if (fake_ram[i] != clean[i]) {
            memory[i] = fake_ram[i];
        }
        fake_ram[i] = clean[i] = memory[i];
    }
}

void fake_sync_icache(const void *va, size_t size)
{
    assert_true((const char *)va >= fake_ram && (const char *)va + size <= fake_ram + RAM_BYTES);
    synced += size;
}

bool memmap_mappable(phys_addr_t from, phys_addr_t *base, uint64_t *size)
{
    if (from >= RAM_BYTES) {
        return false;
    }
    *base = from >= HOLE && from < HOLE_END ? HOLE_END : from;
    *size = (*base < HOLE ? HOLE : RAM_BYTES) - *base;
    return true;
}

static int setup(void **state)
{
    (void)state;
    fake_memory_init();
    free(memory);
    free(clean);
    memory = malloc(RAM_BYTES);
    clean = malloc(RAM_BYTES);
    memset(memory, 0x99, RAM_BYTES);
    memset(fake_ram, 0x77, RAM_BYTES); /* in the caches, of earlier use */
    memset(clean, 0x77, RAM_BYTES);
    assert_int_equal(tree_init(), 0);
    synced = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(fake_pages_used() + fake_blocks_used(), 0);
    return 0;
}

/* What somebody sees, or writes, who has the page mapped as the object's policy says. */
static char *seen(struct vmo *vmo, uint64_t offset, bool write)
{
    struct vmo_page page;

    assert_int_equal(vmo_get_page(vmo, offset, write, &page), 0);
    return memory + page.pa + offset % PAGE_SIZE;
}

static struct vmo *uncached(uint64_t size)
{
    struct vmo *vmo;

    assert_int_equal(vmo_create(size, 0, &vmo), 0);
    assert_int_equal(vmo_set_cache_policy(vmo, VMO_UNCACHED), 0);
    return vmo;
}

static void new_pages_are_zeros_past_the_caches(void **state)
{
    struct vmo *vmo = uncached(2 * LARGE);

    (void)state;
    assert_int_equal(*seen(vmo, 5, true), 0);
    assert_int_equal(vmo_commit(vmo, LARGE, LARGE), 0);
    for (uint64_t at = LARGE; at < 2 * LARGE; at += 1000) {
        assert_int_equal(*seen(vmo, at, false), 0);
    }
    vmo_unref(vmo);
}

static void the_kernel_and_others_see_each_others_bytes(void **state)
{
    struct vmo *vmo = uncached(4 * PAGE_SIZE);
    char text[3 * PAGE_SIZE];
    size_t done;

    (void)state;
    memset(text, 'k', sizeof(text));
    for (unsigned round = 0; round < 3; round++) {
        assert_int_equal(vmo_write(vmo, text, 100, sizeof(text), &done), 0);
        assert_int_equal(*seen(vmo, 100, true), 'k');
        assert_int_equal(*seen(vmo, 99 + sizeof(text), true), 'k');
        *seen(vmo, 99, true) = 'o';
        *seen(vmo, 200, true) = 'p';
        assert_int_equal(vmo_write(vmo, text, 101, 50, &done), 0); /* beside, in the same line */
        assert_int_equal(*seen(vmo, 99, true), 'o');
        assert_int_equal(vmo_read(vmo, text, 99, 102, &done), 0);
        assert_true(text[0] == 'o' && text[1] == 'k' && text[101] == 'p');
        *seen(vmo, 2 * PAGE_SIZE, true) = 'q';
        assert_int_equal(vmo_zero(vmo, 100, 100), 0);
        assert_int_equal(*seen(vmo, 150, true), 0);
        assert_int_equal(*seen(vmo, 2 * PAGE_SIZE, true), 'q');
        memset(text, 'k', sizeof(text));
    }
    vmo_unref(vmo);
}

static void clones_copy_what_lies_in_memory(void **state)
{
    struct vmo *vmo = uncached(PAGE_SIZE), *clone;

    (void)state;
    *seen(vmo, 7, true) = 'x';
    assert_int_equal(vmo_snapshot(vmo, 0, PAGE_SIZE, &clone), 0);
    assert_int_equal(vmo_cache_policy(clone), VMO_UNCACHED);
    assert_int_equal(*seen(clone, 7, true), 'x'); /* a page of its own by now */
    *seen(clone, 7, true) = 'y';
    assert_int_equal(*seen(vmo, 7, true), 'x');
    vmo_unref(clone);
    vmo_unref(vmo);
}

static void a_page_has_one_policy(void **state)
{
    struct vmo *vmo, *clone, *slice;
    size_t done;

    (void)state;
    assert_int_equal(vmo_create(PAGE_SIZE, 0, &vmo), 0);
    assert_int_equal(vmo_write(vmo, "abc", 0, 3, &done), 0);
    assert_int_equal(vmo_snapshot(vmo, 0, PAGE_SIZE, &clone), 0);
    assert_int_equal(vmo_set_cache_policy(vmo, VMO_UNCACHED), -EBUSY);
    assert_int_equal(vmo_set_cache_policy(clone, VMO_WRITE_COMBINING), -EBUSY);
    assert_int_equal(vmo_write(clone, "x", 0, 1, &done), 0); /* parts them */
    assert_int_equal(vmo_set_cache_policy(vmo, VMO_UNCACHED), 0);
    assert_int_equal(seen(vmo, 0, false)[1], 'b');
    assert_int_equal(vmo_set_cache_policy(clone, (enum vmo_cache)5), -EINVAL);
    assert_int_equal(vmo_slice(vmo, 0, PAGE_SIZE, &slice), 0);
    assert_int_equal(vmo_cache_policy(slice), VMO_UNCACHED);
    assert_int_equal(vmo_set_cache_policy(slice, VMO_CACHED), -EINVAL);
    assert_int_equal(vmo_set_cache_policy(vmo, VMO_CACHED), -EBUSY);
    vmo_unref(slice);
    *seen(vmo, 0, true) = 'z';
    assert_int_equal(vmo_set_cache_policy(vmo, VMO_CACHED), 0);
    assert_int_equal(fake_ram[seen(vmo, 0, false) - memory], 'z'); /* nothing old is left */
    vmo_unref(clone);
    vmo_unref(vmo);
}

static void physical_objects_leave_the_caches(void **state)
{
    char text[8] = "";
    struct vmo *vmo;
    size_t done;

    (void)state;
    memcpy(fake_ram + HOLE - PAGE_SIZE, "cached", 6);
    memcpy(fake_ram + HOLE, "secret", 6);
    memcpy(fake_ram + HOLE_END, "behind", 6);
    assert_int_equal(
        vmo_create_physical(HOLE - PAGE_SIZE, 12 * PAGE_SIZE, VMO_UNCACHED_DEVICE, &vmo), 0);
    assert_memory_equal(seen(vmo, 0, false), "cached", 6);
    assert_memory_equal(memory + HOLE_END, "behind", 6);
    assert_memory_not_equal(memory + HOLE, "secret", 6); /* not the kernel's to touch */
    memcpy(seen(vmo, 0, false), "device", 6);
    assert_int_equal(vmo_read(vmo, text, 0, 6, &done), 0);
    assert_string_equal(text, "device");
    assert_int_equal(vmo_read(vmo, text, PAGE_SIZE, 1, &done), -ENOTSUP);
    assert_int_equal(vmo_zero(vmo, PAGE_SIZE, 1), -ENOTSUP);
    vmo_unref(vmo);
    assert_int_equal(vmo_create_physical(0, PAGE_SIZE, (enum vmo_cache)9, &vmo), -EINVAL);
}

static void ranges_of_physical_memory_skip_what_is_not_mapped(void **state)
{
    (void)state;
    cache_sync_code_phys(HOLE - 100, HOLE_END - HOLE + 300);
    assert_int_equal(synced, 300);
    cache_sync_code_phys(RAM_BYTES - 50, 1ull << 40);
    assert_int_equal(synced, 350);
    cache_sync_code_phys(RAM_BYTES, PAGE_SIZE);
    cache_sync_code_phys(HOLE, PAGE_SIZE);
    cache_sync_code_phys(0, 0);
    assert_int_equal(synced, 350);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(new_pages_are_zeros_past_the_caches, setup, teardown),
        cmocka_unit_test_setup_teardown(the_kernel_and_others_see_each_others_bytes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(clones_copy_what_lies_in_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(a_page_has_one_policy, setup, teardown),
        cmocka_unit_test_setup_teardown(physical_objects_leave_the_caches, setup, teardown),
        cmocka_unit_test_setup_teardown(ranges_of_physical_memory_skip_what_is_not_mapped, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
