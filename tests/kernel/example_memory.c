/* SPDX-License-Identifier: MIT */
/* Worked examples of memory objects, as docs/memory-objects.md shows them. */
#include <arch/layout.h>
#include <keel/aspace.h>
#include <keel/command.h>
#include <keel/ktest.h>
#include <keel/string.h>
#include <keel/vmo.h>

KTEST(example_write_and_read_back)
{
    char text[6];
    struct vmo *vmo;
    size_t done;

    KTEST_REQUIRE(vmo_create(1ull << 30, 0, &vmo) == 0); /* 1 GiB that takes no memory yet */
    KTEST_EXPECT(vmo_write(vmo, "hello", 512ull << 20, 6, &done) == 0 && done == 6);
    KTEST_EXPECT(vmo_read(vmo, text, 512ull << 20, 6, &done) == 0);
    KTEST_EXPECT(strcmp(text, "hello") == 0);
    vmo_unref(vmo);
}

KTEST(example_clone_leaves_its_parent_alone)
{
    struct vmo *parent, *clone;
    char byte;
    size_t done;

    KTEST_REQUIRE(vmo_create(PAGE_SIZE, 0, &parent) == 0);
    KTEST_EXPECT(vmo_write(parent, "a", 0, 1, &done) == 0);
    KTEST_REQUIRE(vmo_snapshot(parent, 0, PAGE_SIZE, &clone) == 0);
    KTEST_EXPECT(vmo_is_cow(clone, 0)); /* one page for both: a write would copy */
    KTEST_EXPECT(vmo_write(clone, "b", 0, 1, &done) == 0);
    KTEST_EXPECT(vmo_read(parent, &byte, 0, 1, &done) == 0 && byte == 'a');
    KTEST_EXPECT(vmo_read(clone, &byte, 0, 1, &done) == 0 && byte == 'b');
    vmo_unref(parent); /* a clone needs its parent no more */
    vmo_unref(clone);
}

KTEST(example_faults_and_their_results)
{
    struct fault_info fault = {.flags = FAULT_READ | FAULT_USER};
    struct pt_entry entry;
    struct aspace *as;
    struct vmo *vmo;

    KTEST_REQUIRE(vmo_create(PAGE_SIZE, 0, &vmo) == 0 && aspace_create("example", &as) == 0);
    KTEST_REQUIRE(region_map(aspace_root(as), 0, vmo, 0, PAGE_SIZE, VM_READ, &fault.address) == 0);
    aspace_switch(as);
    KTEST_EXPECT(vm_fault(&fault) == FAULT_HANDLED); /* the shared page of zeros */
    KTEST_EXPECT(aspace_query(as, fault.address, &entry) == 0 && entry.pa == vmo_zero_page());
    fault.flags = FAULT_WRITE | FAULT_PRESENT | FAULT_USER;
    KTEST_EXPECT(vm_fault(&fault) == FAULT_USER_SPACE); /* it may not: its handler hears of it */
    KTEST_EXPECT(region_protect(aspace_root(as), fault.address, PAGE_SIZE, VM_READ | VM_WRITE) ==
                 0);
    fault.flags = FAULT_WRITE | FAULT_USER;
    KTEST_EXPECT(vm_fault(&fault) == FAULT_HANDLED); /* a page of its own */
    fault.flags = FAULT_WRITE | FAULT_PRESENT | FAULT_USER;
    KTEST_EXPECT(vm_fault(&fault) == FAULT_RETRY); /* as if another CPU had been faster */
    KTEST_EXPECT(command_run((char[]){"vm spaces"}) == 0);
    aspace_switch(NULL);
    fault.flags = FAULT_READ;
    KTEST_EXPECT(vm_fault(&fault) == FAULT_FATAL); /* the kernel's own, and no space to look in */
    aspace_destroy(as);
    vmo_unref(vmo);
}
