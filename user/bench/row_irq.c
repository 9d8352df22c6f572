/* SPDX-License-Identifier: MIT */
/* A driver in user space: from the moment its device interrupts until it runs. */
#include "alarm.h"
#include "bench.h"

#include <keel/call_types.h>
#include <keel/errno.h>
#include <keel/syscalls.h>

#define PAGE UINT64_C(4096)

struct driver {
    const struct alarm *alarm;
    volatile uint32_t *registers;
    keel_handle_t interrupt;
};

/* The tree stays mapped. */
static int find_alarm(struct run *run, const struct alarm **alarm, struct tree_device *device)
{
    static int64_t tree;
    uint64_t size;
    int err = keel_vmo_get_size(given.tree, &size);

    if (err == 0 && tree == 0) {
        tree = keel_vmar_map(own_addresses(), KEEL_VM_PERM_READ, 0, given.tree, 0, size);
    }
    if (err != 0 || tree <= 0) {
        return run_failed(run, -ENOTSUP, "needs the device tree, which the first program has");
    }
    for (unsigned i = 0; i < alarm_count; i++) {
        *alarm = &alarms[i];
        if (tree_find((const void *)(uintptr_t)tree, size, alarms[i].compatible, device) == 0) {
            return 0;
        }
    }
    return run_failed(run, -ENOTSUP, "the machine has no alarm that is known");
}

/* Registers stay mapped, too. */
static int map_registers(struct run *run, const struct tree_device *device,
                         volatile uint32_t **registers)
{
    static int64_t at;
    keel_handle_t vmo;
    int err;

    if (at == 0) {
        err = keel_vmo_create_physical(given.resource, device->base & ~(PAGE - 1), PAGE, &vmo);
        if (err != 0) {
            return run_failed(run, err, "its registers cannot be had");
        }
        (void)keel_vmo_set_cache_policy(vmo, KEEL_CACHE_POLICY_UNCACHED_DEVICE);
        at =
            keel_vmar_map(own_addresses(), KEEL_VM_PERM_READ | KEEL_VM_PERM_WRITE, 0, vmo, 0, PAGE);
        (void)keel_handle_close(vmo);
    }
    *registers = (volatile uint32_t *)(uintptr_t)(at + (int64_t)(device->base % PAGE));
    return at > 0 ? 0 : run_failed(run, (int)at, "its registers cannot be mapped");
}

static int start_driver(struct run *run, struct driver *driver)
{
    struct tree_device device = {.size = 0};
    uint32_t line;
    int err = find_alarm(run, &driver->alarm, &device);

    if (err == 0) {
        err = map_registers(run, &device, &driver->registers);
    }
    if (err != 0) {
        return err;
    }
    line = driver->alarm->start(driver->registers, &device);
    err = keel_interrupt_create(given.resource, line, driver->alarm->mode, &driver->interrupt);
    if (err != 0) {
        driver->alarm->stop(driver->registers);
        return run_failed(run, err, "its interrupt cannot be had");
    }
    return 0;
}

/* From the device's time to the driver's, and one reading of the clock. */
static int take_interrupt(const struct driver *driver, int64_t *elapsed)
{
    int64_t began = keel_clock_get_monotonic(), stamp;
    int err;

    driver->alarm->arm(driver->registers);
    err = keel_interrupt_wait(driver->interrupt, &stamp);
    *elapsed += keel_clock_get_monotonic() - began - driver->alarm->ahead;
    driver->alarm->clear(driver->registers);
    return err;
}

int run_irq(struct run *run)
{
    struct driver driver;
    int64_t elapsed = 0, reading;
    int err = start_driver(run, &driver);

    if (err != 0) {
        return err;
    }
    run->counted = run->operations / driver.alarm->share;
    run_begin(run);
    REPEAT(run->counted)
    {
        (void)keel_clock_get_monotonic();
    }
    run_end(run);
    reading = run->elapsed;
    for (uint32_t i = 0; err == 0 && i < run->counted; i++) {
        err = take_interrupt(&driver, &elapsed);
    }
    run->elapsed = elapsed - reading;
    driver.alarm->stop(driver.registers);
    (void)keel_handle_close(driver.interrupt);
    return err == 0 ? 0 : run_failed(run, err, "no interrupt");
}
