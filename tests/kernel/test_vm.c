/* SPDX-License-Identifier: MIT */
/* Memory objects in a user address space that the kernel itself touches: faults, zero page, copies on
 * write, what each address space sees of the other. */
#include <arch/layout.h>
#include <arch/mmu.h>
#include <keel/aspace.h>
#include <keel/errno.h>
#include <keel/ktest.h>
#include <keel/pmm.h>
#include <keel/string.h>
#include <keel/uaccess.h>
#include <keel/vmo.h>

#define PAGES 64ul

/* A space with one object mapped, running on this CPU. */
struct stage {
    struct aspace *as;
    struct vmo *vmo;
    virt_addr_t base;
};

static bool stage_open(struct stage *stage, uint64_t size, uint32_t flags)
{
    return aspace_create("test", &stage->as) == 0 && vmo_create(size, 0, &stage->vmo) == 0 &&
           region_map(aspace_root(stage->as), 0, stage->vmo, 0, size, flags, &stage->base) == 0 &&
           (aspace_switch(stage->as), true);
}

static void stage_close(struct stage *stage)
{
    aspace_switch(NULL);
    aspace_destroy(stage->as);
    vmo_unref(stage->vmo);
}

/* One word of user memory; -EFAULT. */
static int peek_user(virt_addr_t va, uint64_t *value)
{
    return user_copy_in(value, user_pointer(va), sizeof(*value));
}

static int poke_user(virt_addr_t va, uint64_t value)
{
    return user_copy_out(user_pointer(va), &value, sizeof(value));
}

KTEST(vm_pages_come_by_faults)
{
    struct stage stage;
    struct vmo_stats stats;
    uint64_t value = 1;

    KTEST_REQUIRE(stage_open(&stage, PAGES * PAGE_SIZE, VM_READ | VM_WRITE));
    for (unsigned i = 0; i < PAGES; i++) {
        KTEST_EXPECT(peek_user(stage.base + i * PAGE_SIZE, &value) == 0 && value == 0);
    }
    vmo_get_stats(stage.vmo, &stats);
    KTEST_EXPECT(stats.committed == 0); /* reads took the page of zeros */
    for (unsigned i = 0; i < PAGES; i++) {
        KTEST_EXPECT(poke_user(stage.base + i * PAGE_SIZE + 8, i + 1) == 0);
    }
    vmo_get_stats(stage.vmo, &stats);
    KTEST_EXPECT(stats.committed == PAGES * PAGE_SIZE);
    for (unsigned i = 0; i < PAGES; i++) {
        size_t done;

        KTEST_EXPECT(vmo_read(stage.vmo, &value, i * PAGE_SIZE + 8, sizeof(value), &done) == 0);
        KTEST_EXPECT(value == i + 1);
        KTEST_EXPECT(peek_user(stage.base + i * PAGE_SIZE, &value) == 0 && value == 0);
    }
    stage_close(&stage);
}

KTEST(vm_what_is_not_allowed_fails)
{
    struct stage stage;
    uint64_t value;

    KTEST_REQUIRE(stage_open(&stage, PAGE_SIZE, VM_READ));
    KTEST_EXPECT(peek_user(stage.base, &value) == 0);
    KTEST_EXPECT(poke_user(stage.base, 1) == -EFAULT);
    KTEST_EXPECT(peek_user(stage.base + PAGE_SIZE, &value) == -EFAULT);
    KTEST_EXPECT(peek_user(0, &value) == -EFAULT);
    KTEST_EXPECT(peek_user(DIRECT_MAP_BASE, &value) == -EFAULT);
    KTEST_EXPECT(region_protect(aspace_root(stage.as), stage.base, PAGE_SIZE, VM_READ | VM_WRITE) ==
                 0);
    KTEST_EXPECT(poke_user(stage.base, 1) == 0);
    KTEST_EXPECT(region_unmap(aspace_root(stage.as), stage.base, PAGE_SIZE) == 0);
    KTEST_EXPECT(peek_user(stage.base, &value) == -EFAULT);
    stage_close(&stage);
}

KTEST(vm_a_clone_leaves_its_parent_alone)
{
    struct stage stage;
    struct vmo *clone;
    uint64_t value;
    size_t done;

    KTEST_REQUIRE(stage_open(&stage, PAGES * PAGE_SIZE, VM_READ | VM_WRITE));
    KTEST_EXPECT(poke_user(stage.base, 11) == 0);
    KTEST_REQUIRE(vmo_snapshot(stage.vmo, 0, PAGES * PAGE_SIZE, &clone) == 0);
    KTEST_EXPECT(vmo_is_cow(clone, 0) && !vmo_is_cow(clone, PAGE_SIZE));
    KTEST_EXPECT(poke_user(stage.base, 22) == 0); /* the mapping had lost its right to write */
    KTEST_EXPECT(vmo_read(clone, &value, 0, sizeof(value), &done) == 0 && value == 11);
    value = 33;
    KTEST_EXPECT(vmo_write(clone, &value, 0, sizeof(value), &done) == 0);
    KTEST_EXPECT(peek_user(stage.base, &value) == 0 && value == 22);
    vmo_unref(clone);
    stage_close(&stage);
}

KTEST(vm_two_spaces_share_an_object)
{
    struct stage stage;
    struct aspace *other;
    virt_addr_t base;
    uint64_t value;

    KTEST_REQUIRE(stage_open(&stage, PAGE_SIZE, VM_READ | VM_WRITE));
    KTEST_REQUIRE(aspace_create("other", &other) == 0);
    KTEST_EXPECT(!vmo_is_shared(stage.vmo));
    KTEST_REQUIRE(
        region_map(aspace_root(other), 0, stage.vmo, 0, PAGE_SIZE, VM_READ | VM_WRITE, &base) == 0);
    KTEST_EXPECT(vmo_share_count(stage.vmo) == 2);
    KTEST_EXPECT(poke_user(stage.base, 5) == 0);
    aspace_switch(other);
    KTEST_EXPECT(peek_user(base, &value) == 0 && value == 5);
    KTEST_EXPECT(base == stage.base || peek_user(stage.base, &value) == -EFAULT);
    KTEST_EXPECT(poke_user(base, 6) == 0);
    aspace_switch(stage.as);
    KTEST_EXPECT(peek_user(stage.base, &value) == 0 && value == 6);
    KTEST_EXPECT(vmo_decommit(stage.vmo, 0, PAGE_SIZE) == 0);
    KTEST_EXPECT(peek_user(stage.base, &value) == 0 && value == 0);
    aspace_switch(other);
    KTEST_EXPECT(peek_user(base, &value) == 0 && value == 0);
    aspace_switch(stage.as);
    aspace_destroy(other);
    KTEST_EXPECT(vmo_share_count(stage.vmo) == 1);
    stage_close(&stage);
}

KTEST(vm_large_pages_serve_large_objects)
{
    uint64_t large = 2ul << 20, value;
    struct stage stage;

    KTEST_REQUIRE(stage_open(&stage, 2 * large, VM_READ | VM_WRITE));
    KTEST_EXPECT(vmo_commit(stage.vmo, 0, 2 * large) == 0);
    KTEST_EXPECT(stage.base % large == 0);
    KTEST_EXPECT(poke_user(stage.base + large + 4096, 9) == 0);
    KTEST_EXPECT(peek_user(stage.base + large + 4096, &value) == 0 && value == 9);
    KTEST_EXPECT(region_unmap(aspace_root(stage.as), stage.base + large, PAGE_SIZE) == 0);
    KTEST_EXPECT(peek_user(stage.base + large, &value) == -EFAULT);
    KTEST_EXPECT(peek_user(stage.base + large + 4096, &value) == 0 && value == 9);
    stage_close(&stage);
}

/* The kernel's caches hold nothing of what is no RAM of its own: it must not even look. */
KTEST(vm_executable_mappings_of_anything)
{
    struct stage stage;
    struct vmo *nowhere;
    virt_addr_t base;
    phys_addr_t top = 1ull << arch_phys_bits();
    uint64_t value;

    KTEST_REQUIRE(stage_open(&stage, PAGES * PAGE_SIZE, VM_READ | VM_EXEC));
    KTEST_EXPECT(peek_user(stage.base, &value) == 0 && value == 0);
    value = 0x1234;
    KTEST_EXPECT(vmo_write(stage.vmo, &value, PAGE_SIZE, sizeof(value), &(size_t){0}) == 0);
    KTEST_EXPECT(peek_user(stage.base + PAGE_SIZE, &value) == 0 && value == 0x1234);
    KTEST_REQUIRE(vmo_create_physical(top - PAGE_SIZE, PAGE_SIZE, VMO_UNCACHED_DEVICE, &nowhere) ==
                  0);
    KTEST_EXPECT(
        region_map(aspace_root(stage.as), 0, nowhere, 0, PAGE_SIZE, VM_READ | VM_EXEC, &base) == 0);
    KTEST_EXPECT(vm_fault(&(struct fault_info){.address = base, .flags = FAULT_EXEC}) ==
                 FAULT_HANDLED);
    KTEST_EXPECT(vmo_read(nowhere, &value, 0, sizeof(value), &(size_t){0}) == -ENOTSUP);
    KTEST_EXPECT(region_unmap(aspace_root(stage.as), base, PAGE_SIZE) == 0);
    vmo_unref(nowhere);
    stage_close(&stage);
}

KTEST(vm_objects_of_every_cache_policy_work)
{
    for (unsigned policy = VMO_CACHED; policy <= VMO_WRITE_THROUGH; policy++) {
        struct stage stage;
        uint64_t value = 0;
        size_t done;

        KTEST_REQUIRE(stage_open(&stage, PAGES * PAGE_SIZE, VM_READ | VM_WRITE));
        KTEST_EXPECT(vmo_set_cache_policy(stage.vmo, VMO_UNCACHED) == -EBUSY);
        KTEST_EXPECT(region_unmap(aspace_root(stage.as), stage.base, PAGES * PAGE_SIZE) == 0);
        KTEST_EXPECT(vmo_set_cache_policy(stage.vmo, (enum vmo_cache)policy) == 0);
        KTEST_EXPECT(region_map(aspace_root(stage.as), 0, stage.vmo, 0, PAGES * PAGE_SIZE, VM_WRITE,
                                &stage.base) == 0);
        KTEST_EXPECT(poke_user(stage.base + 16, 77) == 0);
        KTEST_EXPECT(vmo_read(stage.vmo, &value, 16, sizeof(value), &done) == 0 && value == 77);
        value = 78;
        KTEST_EXPECT(vmo_write(stage.vmo, &value, 8, sizeof(value), &done) == 0);
        KTEST_EXPECT(peek_user(stage.base + 8, &value) == 0 && value == 78);
        KTEST_EXPECT(peek_user(stage.base + 16, &value) == 0 && value == 77);
        stage_close(&stage);
    }
}

KTEST(vm_nothing_leaks)
{
    struct pmm_stats before, after;
    struct stage stage;

    for (unsigned round = 0; round < 3; round++) { /* the first may fill caches that stay */
        pmm_get_stats(&before);
        for (unsigned i = 0; i < 20; i++) {
            KTEST_REQUIRE(stage_open(&stage, PAGES * PAGE_SIZE, VM_READ | VM_WRITE));
            for (unsigned page = 0; page < PAGES; page++) {
                KTEST_EXPECT(poke_user(stage.base + page * PAGE_SIZE, page) == 0);
            }
            stage_close(&stage);
        }
        pmm_get_stats(&after);
    }
    KTEST_EXPECT(before.free == after.free);
    KTEST_EXPECT(before.used[PMM_USE_PAGE_TABLE] == after.used[PMM_USE_PAGE_TABLE]);
}
