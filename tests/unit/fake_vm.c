/* SPDX-License-Identifier: MIT */
/* What address spaces stand on in host tests, and a CPU that walks their tables. */
#include "fake_vm.h"

#include "fake_memory.h"

#include "../../core/vm/aspace_internal.h"

#include <arch/layout.h>
#include <arch/mmu.h>
#include <keel/console.h>
#include <keel/memmap.h>
#include <keel/page.h>
#include <keel/pmm.h>
#include <keel/smp.h>
#include <keel/vm.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

_Thread_local unsigned fake_cpu;
static struct thread_head fake_head;
_Thread_local struct thread_head *fake_current;
const struct pt_format *fake_format;
phys_addr_t fake_user_root, kernel_root;
cpumask_t cpu_online_mask = 1;
unsigned fake_user_asid, fake_flushes, fake_full_flushes, fake_asid_bits = 8;

void arch_tlb_flush_remote(uint64_t cpus, unsigned asid, virt_addr_t va, uint64_t size,
                           unsigned level, bool tables)
{
    (void)va;
    fail_msg("CPUs %#llx are told, and there are none", (unsigned long long)cpus);
}

void pmm_account(enum pmm_use use, ssize_t pages)
{
    (void)use;
    (void)pages;
}

bool memmap_mappable(phys_addr_t from, phys_addr_t *base, uint64_t *size)
{
    *base = from;
    *size = (uint64_t)FAKE_PAGES * PAGE_SIZE - from;
    return from < (uint64_t)FAKE_PAGES * PAGE_SIZE;
}

void vm_share_kernel_half(phys_addr_t root)
{
    (void)root;
}

void console_printf(const char *fmt, ...)
{
    (void)fmt;
}

void vm_flags_text(uint32_t flags, char *buf, size_t size)
{
    (void)flags;
    (void)size;
    buf[0] = '\0';
}

/* A format of the test's own: present bit 0, leaf bit 1, flags in bits 52 and up; the zero page lies
 * anywhere, so all address bits are kept. */
#define FAKE_ADDRESS 0x000ffffffffff000ull

static pte_t fake_leaf(phys_addr_t pa, unsigned level, uint32_t flags)
{
    (void)level;
    return (pa & FAKE_ADDRESS) | 3 | (uint64_t)(flags & 15) << 52;
}

static pte_t fake_table(phys_addr_t pa)
{
    return pa | 1;
}

static uint32_t fake_flags(pte_t entry, unsigned level)
{
    (void)level;
    return entry >> 52;
}

static const struct pt_format format = {.name = "fake",
                                        .levels = 4,
                                        .max_leaf = 2,
                                        .va_bits = 48,
                                        .pa_bits = 64,
                                        .present_mask = 1,
                                        .table_mask = 3,
                                        .table_value = 1,
                                        .accessed_mask = 1,
                                        .dirty_mask = 1,
                                        .dirty_value = 1,
                                        .address_mask = FAKE_ADDRESS,
                                        .leaf = fake_leaf,
                                        .table = fake_table,
                                        .flags = fake_flags};

void fake_vm_init(void)
{
    fake_current = &fake_head;
    fake_memory_init();
    fake_format = &format;
    assert_int_equal(tree_init(), 0);
    assert_int_equal(aspace_init(), 0);
}

char *fake_touch(virt_addr_t va, bool write)
{
    struct fault_info info = {.address = va, .flags = write ? FAULT_WRITE : FAULT_READ};

    for (int tries = 0; tries < 4; tries++) {
        struct pt_entry entry;
        bool present = pt_query_entry(&aspace_current()->pt, va, &entry) == 0;
        enum fault_result result;

        if (present && (entry.flags & (write ? VM_WRITE : VM_READ)) != 0) {
            return fake_ram + (int64_t)(entry.pa << 12) / 4096;
        }
        info.flags = (write ? FAULT_WRITE : FAULT_READ) | (present ? FAULT_PRESENT : 0);
        result = vm_fault(&info);
        if (result == FAULT_FATAL) {
            return NULL;
        }
        assert_true(result == FAULT_HANDLED || result == FAULT_RETRY);
    }
    fail_msg("an access at %lx faults for ever", (unsigned long)va);
    return NULL;
}
