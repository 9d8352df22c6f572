/* SPDX-License-Identifier: MIT */
/* The registry of services: names, privilege, limits, seal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../core/boot/service.c"

#include "fake_log.h"

struct gauge {
    int value;
};
SERVICE_TYPE(gauge, struct gauge);
SERVICE_TYPE(other, struct gauge);

static int reset(void **state)
{
    count = 0;
    sealed = false;
    return fake_log_reset(state);
}

static void test_lookup(void **state)
{
    static struct gauge mine = {.value = 5};

    (void)state;
    assert_null(service_get(gauge, PRIVILEGE_KERNEL));
    assert_int_equal(fake_warnings, 0);
    assert_int_equal(service_register(gauge, &mine, PRIVILEGE_USER), 0);
    assert_ptr_equal(service_get(gauge, PRIVILEGE_USER), &mine);
    assert_int_equal(service_get(gauge, PRIVILEGE_KERNEL)->value, 5);
    assert_int_equal(service_register(gauge, &mine, PRIVILEGE_USER), -EEXIST);
}

static void test_privilege(void **state)
{
    static struct gauge mine;

    (void)state;
    assert_int_equal(service_register(gauge, &mine, PRIVILEGE_DRIVER), 0);
    assert_null(service_get(gauge, PRIVILEGE_USER));
    assert_int_equal(fake_warnings, 1);
    assert_non_null(strstr(fake_text, "gauge"));
    assert_ptr_equal(service_get(gauge, PRIVILEGE_DRIVER), &mine);
    assert_ptr_equal(service_get(gauge, PRIVILEGE_KERNEL), &mine);
    assert_int_equal(fake_warnings, 1);
}

static void test_limits(void **state)
{
    static struct gauge mine;
    static char names[SERVICES_MAX][8];

    (void)state;
    for (unsigned int i = 0; i < SERVICES_MAX; i++) {
        snprintf(names[i], sizeof(names[i]), "s%u", i);
        assert_int_equal(service_register_raw(names[i], &mine, PRIVILEGE_USER), 0);
    }
    assert_int_equal(service_register(gauge, &mine, PRIVILEGE_USER), -ENOSPC);
}

static void test_seal(void **state)
{
    static struct gauge mine;

    (void)state;
    assert_int_equal(service_register(gauge, &mine, PRIVILEGE_USER), 0);
    service_seal();
    assert_int_equal(service_register(other, &mine, PRIVILEGE_USER), -EPERM);
    assert_ptr_equal(service_get(gauge, PRIVILEGE_USER), &mine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_lookup, reset),
        cmocka_unit_test_setup(test_privilege, reset),
        cmocka_unit_test_setup(test_limits, reset),
        cmocka_unit_test_setup(test_seal, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
