/* SPDX-License-Identifier: MIT */
/* The vDSO: how it is mapped into processes, and that nothing of it is left when they end. */
#include "user_stage.h"

#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/ktest.h>
#include <keel/resource_object.h>
#include <keel/syscall_numbers.h>
#include <keel/uaccess.h>
#include <keel/vdso.h>
#include <keel/vdso_image.h>
#include <keel/vm.h>

#define IMAGE_SIZE ((size_t)(vdso_image_end - vdso_image))
#define RIGHTS     (VM_READ | VM_WRITE | VM_EXEC | VM_USER)

/* Each comes when it is touched. */
KTEST(vdso_pages_are_the_kernels)
{
    struct user_stage stage;
    struct pt_entry entry;
    uint32_t word;

    KTEST_REQUIRE(user_stage_open(&stage));
    for (size_t at = 0; at < IMAGE_SIZE; at += PAGE_SIZE) {
        virt_addr_t there = process_vdso(stage.process) + at;

        KTEST_EXPECT(user_copy_in(&word, (const void __user *)there, sizeof(word)) == 0);
        KTEST_EXPECT(aspace_query(process_space(stage.process), there, &entry) == 0);
        KTEST_EXPECT(entry.pa == virt_to_phys(vdso_image + at));
        KTEST_EXPECT((entry.flags & RIGHTS) == (VM_READ | VM_EXEC | VM_USER));
    }
    user_stage_close(&stage);
}

KTEST(vdso_clock_is_read)
{
    struct keel_vdso_clock seen = {.sequence = 1};
    const struct keel_vdso_clock *clock = clock_user_page();
    struct user_stage stage;
    virt_addr_t at;

    KTEST_REQUIRE(user_stage_open(&stage));
    at = process_vdso(stage.process) + IMAGE_SIZE;
    KTEST_EXPECT(user_copy_in(&seen, (const void __user *)at, sizeof(seen)) == 0);
    KTEST_EXPECT(seen.sequence == clock->sequence && seen.base == clock->base &&
                 seen.ns_per_tick == clock->ns_per_tick);
    KTEST_EXPECT(user_copy_out((void __user *)at, &seen, sizeof(seen)) == -EFAULT);
    KTEST_EXPECT(user_copy_out((void __user *)(at - PAGE_SIZE), &seen, sizeof(seen)) == -EFAULT);
    user_stage_close(&stage);
}

/* Who has all resources cannot come by the pages. */
KTEST(vdso_is_no_physical_memory_for_programs)
{
    struct user_stage stage;
    struct object *object;
    keel_handle_t all;

    KTEST_REQUIRE(user_stage_open(&stage));
    KTEST_EXPECT(resource_create_root(&object) == 0);
    all = user_stage_enter(&stage, object, KEEL_DEFAULT_RESOURCE_RIGHTS);
    KTEST_EXPECT(CALL(vmo_create_physical, all, virt_to_phys(vdso_image), PAGE_SIZE,
                      user_stage_at(&stage, 0)) == -EACCES);
    KTEST_EXPECT(CALL(vmo_create_physical, all, virt_to_phys(clock_user_page()), PAGE_SIZE,
                      user_stage_at(&stage, 0)) == -EACCES);
    user_stage_close(&stage);
}
