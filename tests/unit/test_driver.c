/* SPDX-License-Identifier: MIT */
/* Drivers bind to nodes: which, when, under what name; which of them is the console. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../core/device/driver.c"
#undef LOG_TAG
#include "../../core/device/console_device.c"
#include <keel/fdt_build.h>

#include "fake_log.h"

struct fdt system_fdt;

static uint8_t blob[8192] __aligned(8);
static char probed[512]; /* driver:node, in order */
static int probe_status;
static bool any_console;
static const char *dead_uart = ""; /* name of a node whose device does not start as a console */

void console_drop_boot(void)
{
}

bool console_present(void)
{
    return any_console;
}

static int fake_probe(struct device *dev)
{
    const char *name = dev->node >= 0 ? fdt_name(&system_fdt, dev->node) : "firmware";

    snprintf(probed + strlen(probed), sizeof(probed) - strlen(probed), "%s:%s ", dev->driver->name,
             name);
    return probe_status;
}

static int serial_probe(struct device *dev)
{
    fake_probe(dev);
    device_publish(dev, "serial");
    if (device_claim_console(dev)) {
        if (dev->node >= 0 && strcmp(fdt_name(&system_fdt, dev->node), dead_uart) == 0) {
            return -ENODEV;
        }
        any_console = true;
        strcat(probed, "console ");
    }
    return 0;
}

static void fake_remove(struct device *dev)
{
    (void)dev;
    strcat(probed, "removed ");
}

static int fake_control(struct device *dev, uint32_t request, void *arg, size_t size)
{
    (void)dev;
    if (request != 7 || size != sizeof(int)) {
        return -ENOTSUP;
    }
    *(int *)arg = 70;
    return 0;
}

static const char *const generic_names[] = {"test,generic", NULL};
static const char *const exact_names[] = {"test,other", "test,exact", NULL};
static const char *const serial_names[] = {"test,serial", NULL};

DRIVER(generic, .name = "generic", .compatible = generic_names, .level = DRIVER_OTHER,
       .probe = fake_probe);
DRIVER(exact, .name = "exact", .compatible = exact_names, .level = DRIVER_TIMER,
       .probe = fake_probe, .remove = fake_remove, .control = fake_control);
DRIVER(serial, .name = "serial", .compatible = serial_names, .level = DRIVER_CONSOLE,
       .probe = serial_probe, .remove = fake_remove);
DRIVER(firmware, .name = "firmware", .level = DRIVER_CONSOLE, .probe = serial_probe);

/* Writes a node with a `compatible` of two strings, the second may be "". */
static void node(struct fdt_build *b, const char *name, const char *first, const char *second,
                 const char *status)
{
    char list[64];
    size_t len = strlen(first) + 1;

    fdt_build_node(b, name);
    memcpy(list, first, len);
    if (second[0]) {
        memcpy(list + len, second, strlen(second) + 1);
        len += strlen(second) + 1;
    }
    fdt_build_prop(b, "compatible", list, (uint32_t)len);
    if (status) {
        fdt_build_string(b, "status", status);
    }
}

static void leaf(struct fdt_build *b, const char *name, const char *first, const char *second,
                 const char *status)
{
    node(b, name, first, second, status);
    fdt_build_node_end(b);
}

/* With `stdout` as /chosen's stdout-path, when it is not NULL. */
static void build_tree(const char *stdout_path)
{
    struct fdt_build b;
    uint32_t size;

    fdt_build_begin(&b, blob, sizeof(blob));
    fdt_build_node(&b, "");
    fdt_build_node(&b, "aliases");
    fdt_build_string(&b, "serial1", "/bus/uart@1");
    fdt_build_string(&b, "serial5", "/uart@2");
    fdt_build_string(&b, "serialx", "/uart@3");
    fdt_build_node_end(&b);
    fdt_build_node(&b, "chosen");
    if (stdout_path) {
        fdt_build_string(&b, "stdout-path", stdout_path);
    }
    fdt_build_node_end(&b);
    node(&b, "bus", "nobody", "", NULL);
    leaf(&b, "uart@1", "test,serial", "", NULL);
    leaf(&b, "t@1", "test,exact", "test,generic", "okay");
    fdt_build_node_end(&b);
    node(&b, "off", "test,generic", "", "disabled");
    leaf(&b, "t@2", "test,exact", "", NULL);
    fdt_build_node_end(&b);
    leaf(&b, "uart@2", "vendor,special", "test,serial", NULL);
    leaf(&b, "uart@3", "test,serial", "", NULL);
    leaf(&b, "uart@4", "test,serial", "", "disabled");
    node(&b, "t@3", "test,generic", "test,exact", NULL);
    leaf(&b, "inner", "test,generic", "", NULL);
    fdt_build_node_end(&b);
    fdt_build_node_end(&b);
    assert_int_equal(fdt_build_finish(&b, &size), 0);
    assert_int_equal(fdt_check(blob, size, &system_fdt), 0);
}

static int reset(void **state)
{
    memset(devices, 0, sizeof(devices));
    memset(&matches, 0, sizeof(matches));
    probed[0] = '\0';
    probe_status = 0;
    any_console = false;
    chosen.node = -ENOENT;
    chosen.options = "";
    chosen.by = NULL;
    dead_uart = "";
    console_name[0] = '\0';
    build_tree("serial5:9600n8");
    return fake_log_reset(state);
}

static void test_levels_and_matching(void **state)
{
    (void)state;
    drivers_probe(DRIVER_IRQCHIP);
    assert_string_equal(probed, "");
    drivers_probe(DRIVER_TIMER);
    assert_string_equal(probed, "exact:t@1 ");
    drivers_probe(DRIVER_TIMER);
    assert_string_equal(probed, "exact:t@1 ");
    drivers_probe(DRIVER_OTHER);
    assert_string_equal(probed, "exact:t@1 generic:t@3 generic:inner ");
    assert_string_equal(driver_for(fdt_find(&system_fdt, "/bus/t@1"))->name, "exact");
    assert_null(driver_for(fdt_find(&system_fdt, "/chosen")));
    assert_false(device_node_usable(fdt_find(&system_fdt, "/off/t@2")));
    assert_true(device_node_usable(fdt_find(&system_fdt, "/bus/t@1")));
    assert_false(device_node_usable(-ENOENT));
}

/* More nodes that drivers take than the list of them holds: those beyond are found too, in order. */
static void test_many_nodes(void **state)
{
    static uint8_t many[32768] __aligned(8);
    const int count = DEVICES_MAX + 3;
    struct fdt_build b;
    char name[16];
    uint32_t size;

    (void)state;
    fdt_build_begin(&b, many, sizeof(many));
    fdt_build_node(&b, "");
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof(name), "g@%x", i);
        leaf(&b, name, i == count - 2 ? "test,exact" : "test,generic", "",
             i == count - 1 ? "disabled" : NULL);
    }
    fdt_build_node_end(&b);
    assert_int_equal(fdt_build_finish(&b, &size), 0);
    assert_int_equal(fdt_check(many, size, &system_fdt), 0);
    drivers_probe(DRIVER_TIMER);
    assert_string_equal(probed, "exact:g@41 ");
    assert_int_equal(matches.count, DEVICES_MAX);
    drivers_probe(DRIVER_TIMER);
    assert_null(device_at(1));
}

static void test_failing_probe(void **state)
{
    (void)state;
    probe_status = -EIO;
    drivers_probe(DRIVER_TIMER);
    assert_int_equal(fake_warnings, 1);
    assert_non_null(strstr(fake_text, "/bus/t@1: driver exact failed: input or output error"));
    assert_int_equal(device_at(0)->error, -EIO);
    assert_int_equal(device_control(device_at(0), 7, NULL, 0), -ENOTSUP);
    assert_int_equal(device_remove(device_at(0)), -ENODEV);
    reset(NULL);
    probe_status = -ENODEV;
    drivers_probe(DRIVER_TIMER);
    assert_int_equal(fake_warnings, 0);
}

static void test_names(void **state)
{
    (void)state;
    drivers_probe(DRIVER_CONSOLE);
    assert_int_equal(device_find("serial1")->node, fdt_find(&system_fdt, "/bus/uart@1"));
    assert_int_equal(device_find("serial5")->node, fdt_find(&system_fdt, "/uart@2"));
    /* no number in its alias: the lowest that is free and no other node's */
    assert_int_equal(device_find("serial0")->node, fdt_find(&system_fdt, "/uart@3"));
    assert_string_equal(device_at(3)->driver->name, "firmware");
    assert_string_equal(device_at(3)->name, "serial2");
    assert_null(device_at(4));
    assert_null(device_find("serial3"));
    assert_null(device_find(""));
    assert_int_equal(device_publish(device_find("serial1"), "again"), -EEXIST);
}

static void test_control_and_remove(void **state)
{
    struct device *dev;
    int value = 0;

    (void)state;
    drivers_probe(DRIVER_TIMER);
    dev = device_at(0);
    assert_int_equal(device_publish(dev, "timer"), 0);
    assert_ptr_equal(device_find("timer0"), dev);
    assert_int_equal(device_control(dev, 7, &value, sizeof(value)), 0);
    assert_int_equal(value, 70);
    assert_int_equal(device_control(dev, 8, &value, sizeof(value)), -ENOTSUP);
    assert_int_equal(device_remove(dev), 0);
    assert_null(device_find("timer0"));
    drivers_probe(DRIVER_TIMER);
    assert_string_equal(probed, "exact:t@1 removed exact:t@1 ");
    drivers_probe(DRIVER_OTHER);
    assert_int_equal(device_remove(device_at(1)), -ENOTSUP);
}

static void check_console(const char *name, const char *stdout_path, const char *expected,
                          unsigned int warnings)
{
    reset(NULL);
    build_tree(stdout_path);
    strcpy(console_name, name);
    console_init();
    assert_non_null(strstr(probed, expected));
    assert_int_equal(fake_warnings, warnings);
}

static void test_console_choice(void **state)
{
    (void)state;
    check_console("", "serial5:9600n8", "serial:uart@2 console ", 0);
    assert_string_equal(device_console_options(), "9600n8");
    check_console("serial1:115200", "serial5", "serial:uart@1 console ", 0);
    assert_string_equal(device_console_options(), "115200");
    check_console("/uart@3", "serial5", "serial:uart@3 console ", 0);
    check_console("/uart@2", "serial1", "serial:uart@2 console ", 0);
    check_console("nowhere", "serial5", "serial:uart@2 console ", 1);
    assert_non_null(strstr(fake_text, "console=nowhere: there is no such"));
    check_console("/uart@4", "serial5", "serial:uart@2 console ", 1);
    assert_non_null(strstr(fake_text, "disabled"));
    check_console("/bus/t@1", "serial5", "serial:uart@2 console ", 1);
    assert_non_null(strstr(fake_text, "no driver"));
    check_console("", NULL, "serial:uart@1 console ", 0);
    check_console("", "/gone", "serial:uart@1 console ", 0);
    check_console("nowhere", "/bus", "serial:uart@1 console ", 2);
}

/* A console that is named and does not start gives way to the next, without a second try. */
static void test_dead_console(void **state)
{
    (void)state;
    dead_uart = "uart@2";
    console_init();
    assert_int_equal(fake_warnings, 1);
    assert_non_null(strstr(fake_text, "uart@2 did not start"));
    assert_non_null(strstr(probed, "serial:uart@1 console "));
    assert_null(strstr(strstr(probed, "uart@2") + 1, "uart@2"));
    assert_string_equal(device_find("serial1")->driver->name, "serial");
    assert_true(any_console);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_levels_and_matching, reset),
        cmocka_unit_test_setup(test_many_nodes, reset),
        cmocka_unit_test_setup(test_failing_probe, reset),
        cmocka_unit_test_setup(test_names, reset),
        cmocka_unit_test_setup(test_control_and_remove, reset),
        cmocka_unit_test_setup(test_console_choice, reset),
        cmocka_unit_test_setup(test_dead_console, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
