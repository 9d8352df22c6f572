/* SPDX-License-Identifier: MIT */
/* The random operations of tests/kernel/vm_model.c on the host: SEED= and OPERATIONS= choose, the seed is
 * printed. */
#include "fake_memory.h"
#include "fake_vm.h"

#include "../kernel/vm_model.h"

#include <keel/errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 0) : otherwise;
}

static int access_user(virt_addr_t va, void *buf, size_t len, bool write)
{
    char *at = fake_touch(va, write);

    if (!at) {
        return -EFAULT;
    }
    memcpy(write ? at : buf, write ? buf : at, len);
    return 0;
}

static void run(uint64_t seed)
{
    static const struct vm_model_host host = {.access = access_user};
    struct vm_model_result result;

    printf("seed %llu\n", (unsigned long long)seed);
    fake_vm_init();
    vm_model_run(&host, seed, setting("OPERATIONS", VM_MODEL_OPERATIONS), &result);
    if (result.complaint) {
        fail_msg("seed %llu, operation %llu, line %u: %s", (unsigned long long)seed,
                 (unsigned long long)result.done, result.line, result.complaint);
    }
    for (unsigned i = 0; i < sizeof(result.by_kind) / sizeof(result.by_kind[0]); i++) {
        assert_true(result.by_kind[i] > 0 || result.done < VM_MODEL_OPERATIONS);
    }
    assert_int_equal(fake_pages_used() + fake_blocks_used(), 0);
}

static void random_operations_match_the_model(void **state)
{
    (void)state;
    run(setting("SEED", 1));
}

static void other_seeds_too(void **state)
{
    (void)state;
    for (uint64_t seed = 2; seed < 6; seed++) {
        run(setting("SEED", 1) + seed * 1000003);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations_match_the_model),
        cmocka_unit_test(other_seeds_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
