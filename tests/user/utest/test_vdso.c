/* SPDX-License-Identifier: MIT */
/* The vDSO: where it is, that it stays as it is, and the time that it tells. */
#include "../objects.h"
#include "../raw_call.h"
#include "workers.h"

#include <keel/info.h>
#include <keel/property.h>
#include <keel/sync.h>
#include <keel/syscall_numbers.h>
#include <keel/threads.h>
#include <keel/vdso.h>
#include <string.h>

#define RX       (KEEL_VM_PERM_READ | KEEL_VM_PERM_EXECUTE)
#define RW       (KEEL_VM_PERM_READ | KEEL_VM_PERM_WRITE)
#define MAPS_MAX 64u
#define READERS  4u
#define ROUNDS   2000u

static const keel_vdso_t *table(void)
{
    return (const keel_vdso_t *)(vdso_of(self()) + KEEL_VDSO_TABLE);
}

/* The mapping that begins there. */
static bool find_map(uint64_t base, keel_info_maps_t *out)
{
    static keel_info_maps_t maps[MAPS_MAX];
    uint64_t actual = 0;

    EXPECT_EQ(
        keel_object_get_info(self(), KEEL_INFO_PROCESS_MAPS, maps, sizeof(maps), &actual, NULL), 0);
    for (uint64_t i = 0; i < actual; i++) {
        if (maps[i].base == base) {
            *out = maps[i];
            return true;
        }
    }
    return false;
}

UTEST(vdso_is_among_the_mappings)
{
    uint64_t base = vdso_of(self());
    keel_info_maps_t map;

    REQUIRE(base != 0 && base % PAGE == 0);
    REQUIRE(find_map(base, &map));
    EXPECT(strcmp(map.name, "vdso") == 0 && map.vmo_koid != 0);
    EXPECT_EQ(map.permissions, RX);
    EXPECT_EQ(map.size, table()->clock);
    REQUIRE(find_map(base + map.size, &map));
    EXPECT(strcmp(map.name, "vdso/clock") == 0 && map.vmo_koid != 0);
    EXPECT_EQ(map.permissions, KEEL_VM_PERM_READ);
    EXPECT_EQ(map.size, PAGE);
}

UTEST(vdso_is_a_shared_object)
{
    const unsigned char *image = (const unsigned char *)vdso_of(self());

    EXPECT(memcmp(image, "\177ELF", 4) == 0);
    EXPECT_EQ(image[16], 3); /* e_type: ET_DYN */
    EXPECT_EQ(table()->magic, KEEL_VDSO_MAGIC);
    EXPECT_EQ(table()->version, KEEL_VDSO_VERSION);
    EXPECT_EQ(table()->count, KEEL_SYS_COUNT);
    EXPECT_EQ(vdso_of(self()) + table()->calls[KEEL_SYS_event_create],
              lib_vdso_calls[KEEL_SYS_event_create]);
}

UTEST(vdso_base_is_a_process_property)
{
    keel_handle_t vmo = new_vmo(PAGE, 0);
    uint64_t base;

    EXPECT_EQ(keel_object_get_property(self(), KEEL_PROP_PROCESS_VDSO_BASE_ADDRESS, &base,
                                       sizeof(base) - 1),
              -ERANGE);
    EXPECT_EQ(keel_object_get_property(self(), KEEL_PROP_PROCESS_VDSO_BASE_ADDRESS, NO_POINTER,
                                       sizeof(base)),
              -EFAULT);
    EXPECT_EQ(
        keel_object_get_property(vmo, KEEL_PROP_PROCESS_VDSO_BASE_ADDRESS, &base, sizeof(base)),
        -ENOTTY);
    EXPECT_EQ(
        keel_object_set_property(self(), KEEL_PROP_PROCESS_VDSO_BASE_ADDRESS, &base, sizeof(base)),
        -EINVAL);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

/* A process that never starts, for its addresses. */
static keel_handle_t new_process(keel_handle_t *vmar)
{
    keel_handle_t process = KEEL_HANDLE_INVALID;

    EXPECT_EQ(keel_process_create(root_job(), "p", 1, 0, &process, vmar), 0);
    return process;
}

UTEST(vdso_lies_elsewhere_in_each_process)
{
    unsigned equal = 0;

    for (unsigned i = 0; i < 8; i++) {
        keel_handle_t vmar, process = new_process(&vmar);

        EXPECT(vdso_of(process) != 0);
        equal += vdso_of(process) == vdso_of(self());
        EXPECT_EQ(keel_handle_close(vmar), 0);
        EXPECT_EQ(keel_handle_close(process), 0);
    }
    EXPECT(equal < 2);
}

static void expect_that_it_stays(keel_handle_t vmar, uint64_t base, uint64_t size)
{
    uint64_t low;
    keel_info_vmar_t region = {0};
    keel_handle_t vmo = new_vmo(size, 0);

    EXPECT_EQ(keel_object_get_info(vmar, KEEL_INFO_VMAR, &region, sizeof(region), NULL, NULL), 0);
    low = base - region.base;
    for (uint64_t at = 0; at < size; at += PAGE) {
        EXPECT_EQ(keel_vmar_unmap(vmar, base + at, PAGE), -EACCES);
        EXPECT_EQ(keel_vmar_protect(vmar, RW, base + at, PAGE), -EACCES);
        EXPECT_EQ(keel_vmar_protect(vmar, 0, base + at, PAGE), -EACCES);
        EXPECT_EQ(keel_vmar_map(vmar, RW | KEEL_VM_SPECIFIC, low + at, vmo, 0, PAGE), -EEXIST);
        EXPECT_EQ(keel_vmar_map(vmar, RW | KEEL_VM_SPECIFIC_OVERWRITE, low + at, vmo, 0, PAGE),
                  -EACCES);
    }
    EXPECT_EQ(keel_vmar_unmap(vmar, base, size), -EACCES);
    EXPECT_EQ(keel_vmar_unmap(vmar, base - PAGE, size + 2 * PAGE), -EACCES);
    EXPECT_EQ(keel_vmar_unmap(vmar, region.base, region.len), -EACCES);
    EXPECT_EQ(keel_vmar_destroy(vmar), -EACCES);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vdso_cannot_be_unmapped_or_changed)
{
    keel_handle_t vmar, process = new_process(&vmar), job = root_job(), none;
    uint64_t size = table()->clock + PAGE;

    expect_that_it_stays(vmar, vdso_of(process), size);
    expect_that_it_stays(root_vmar(), vdso_of(self()), size);
    EXPECT_EQ(keel_handle_duplicate(job, KEEL_RIGHT_SAME_RIGHTS, &none), 0); /* calls work */
    EXPECT_EQ(keel_handle_close(none), 0);
    EXPECT_EQ(keel_handle_close(vmar), 0);
    EXPECT_EQ(keel_handle_close(process), 0);
}

UTEST(vdso_is_not_written_by_the_kernel)
{
    uint64_t base = vdso_of(self());
    keel_handle_t vmo = new_vmo(PAGE, 0);

    EXPECT_EQ(keel_vmo_read(vmo, (void *)base, 0, 1), -EFAULT);
    EXPECT_EQ(keel_vmo_read(vmo, (void *)(base + table()->clock), 0, 1), -EFAULT);
    EXPECT_EQ(keel_event_create(0, (keel_handle_t *)(base + table()->clock)), -EFAULT);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

/* --- Time --- */

UTEST(vdso_tells_the_time_as_the_call_does)
{
    static const uint64_t none[6];

    for (unsigned i = 0; i < ROUNDS; i++) {
        int64_t before = keel_clock_get_monotonic();
        int64_t asked = smuggled_call(KEEL_SYS_clock_get_monotonic, none);
        int64_t after = keel_clock_get_monotonic();

        EXPECT(before > 0 && after >= before);
        EXPECT(SMUGGLED(KEEL_SYS_clock_get_monotonic, asked) == asked);
        EXPECT(asked < 0 || (asked >= before && after >= asked));
    }
}

UTEST(vdso_time_comes_to_deadlines)
{
    keel_handle_t event = new_event();
    keel_signals_t signals;

    for (unsigned i = 0; i < 20; i++) {
        int64_t deadline = keel_clock_get_monotonic() + (int64_t)i * MS / 10;

        EXPECT_EQ(keel_object_wait_one(event, KEEL_EVENT_SIGNALED, deadline, &signals), -ETIMEDOUT);
        EXPECT(keel_clock_get_monotonic() >= deadline);
    }
    EXPECT_EQ(keel_handle_close(event), 0);
}

/* What readers share. */
static struct {
    keel_mutex_t lock;
    int64_t last;
    unsigned wrong;
} shared;

static int read_in_turns(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < ROUNDS; i++) {
        int64_t now;

        keel_mutex_lock(&shared.lock);
        now = keel_clock_get_monotonic();
        shared.wrong += now < shared.last;
        shared.last = now;
        keel_mutex_unlock(&shared.lock);
        if (i % 16 == 0) {
            (void)keel_thread_legacy_yield(0);
        }
    }
    return 0;
}

/* On whatever CPUs they run. */
UTEST(vdso_time_never_goes_back)
{
    keel_thread_t *readers[READERS];

    for (unsigned i = 0; i < READERS; i++) {
        REQUIRE(keel_thread_run(&readers[i], "reader", read_in_turns, NULL, 0) == 0);
    }
    for (unsigned i = 0; i < READERS; i++) {
        EXPECT_EQ(keel_thread_join(readers[i], NULL), 0);
    }
    EXPECT_EQ(shared.wrong, 0);
}

/* --- Calls --- */

UTEST(vdso_is_where_calls_are_made)
{
    static const uint64_t none[6], six[6] = {1, 2, 3, 4, 5, 6};

    EXPECT_EQ(smuggled_call(KEEL_SYS_syscall_test_0, none), SMUGGLED(KEEL_SYS_syscall_test_0, 0));
    EXPECT_EQ(smuggled_call(KEEL_SYS_syscall_test_6, six), SMUGGLED(KEEL_SYS_syscall_test_6, 21));
    EXPECT_EQ(keel_syscall_test_0(), 0);
    EXPECT_EQ(keel_syscall_test_6(1, 2, 3, 4, 5, 6), 21);
}

/* The instruction of one call is not good for another. */
UTEST(vdso_has_a_place_for_each_call)
{
    const keel_vdso_t *vdso = table();
    const uint32_t *sites = vdso->calls + vdso->count;

    for (uint32_t i = 0; i < vdso->count; i++) {
        EXPECT((vdso->calls[i] == 0) == (sites[i] == 0));
        EXPECT(vdso->calls[i] < vdso->clock && sites[i] < vdso->clock);
        for (uint32_t j = 0; j < i; j++) {
            EXPECT(sites[i] == 0 || sites[i] != sites[j]);
        }
    }
}
