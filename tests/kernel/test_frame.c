/* SPDX-License-Identifier: MIT */
/* The kernel frame on the machine: time, log, names, services, devices, the stack's canary. */
#define LOG_TAG "test"

#include <arch/cpu.h>
#include <arch/trap.h>
#include <arch/unwind.h>
#include <keel/clock.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/extable.h>
#include <keel/ktest.h>
#include <keel/log.h>
#include <keel/panic.h>
#include <keel/param.h>
#include <keel/parse.h>
#include <keel/serial.h>
#include <keel/service.h>
#include <keel/spinlock.h>
#include <keel/string.h>
#include <keel/symbols.h>

#define READS 1000

extern uintptr_t __stack_chk_guard;

KTEST(clock_goes_on)
{
    uint64_t last = clock_ns();
    uint64_t start;

    KTEST_REQUIRE(clock_hz() >= 1000000);
    for (unsigned int i = 0; i < READS; i++) {
        uint64_t now = clock_ns();

        KTEST_EXPECT(now >= last);
        last = now;
    }
    start = clock_ns();
    clock_delay_us(100);
    KTEST_EXPECT(clock_ns() - start >= 100000);
}

struct search {
    const char *text;
    unsigned int found;
};

static void find_text(void *arg, enum log_level level, const char *line, size_t len)
{
    struct search *search = arg;
    size_t wanted = strlen(search->text);

    for (size_t i = 0; i + wanted <= len; i++) {
        search->found += memcmp(line + i, search->text, wanted) == 0;
    }
}

KTEST(log_keeps_lines)
{
    struct search search = {.text = "debug test: a line of 42"};

    log_debug("a line of %d", 42);
    log_replay(find_text, &search);
    KTEST_EXPECT(search.found >= 1);
}

KTEST(log_survives_a_flood)
{
    struct search search = {.text = "line 1999 of a flood"};

    for (unsigned int i = 0; i < 2000; i++) {
        log_debug("line %u of a flood", i);
    }
    log_replay(find_text, &search);
    KTEST_EXPECT(search.found == 1);
}

static __noinline bool named_here(const char *name)
{
    virt_addr_t fp = arch_frame_pointer();
    virt_addr_t pc = 0;
    uint64_t offset = 0;
    const char *found;

    if (!arch_unwind(&pc, &fp)) {
        return false;
    }
    found = symbol_lookup(pc, &offset);
    return found && strcmp(found, name) == 0 && offset > 0;
}

KTEST(symbols_name_the_caller)
{
    char text[80];

    if (!IS_ENABLED(CONFIG_SYMTAB)) {
        return;
    }
    KTEST_EXPECT(named_here("ktest_symbols_name_the_caller"));
    KTEST_EXPECT(symbol_format(text, sizeof(text), (uintptr_t)clock_ns) > 0);
    KTEST_EXPECT(str_has_prefix(text, "clock_ns+0x0/0x"));
    KTEST_EXPECT(symbol_format_return(text, sizeof(text), (uintptr_t)clock_ns + 1) > 0);
    KTEST_EXPECT(str_has_prefix(text, "clock_ns+0x1/0x"));
    KTEST_EXPECT(symbol_format_return(text, sizeof(text), (uintptr_t)clock_ns) > 0);
    KTEST_EXPECT(!str_has_prefix(text, "clock_ns+"));
    KTEST_EXPECT(symbol_format(text, sizeof(text), 0) == -ENOENT);
    KTEST_EXPECT(symbol_format(text, sizeof(text), UINTPTR_MAX) == -ENOENT);
    KTEST_EXPECT(symbol_format(text, sizeof(text), (uintptr_t)text) == -ENOENT);
}

KTEST(unwind_ends_where_pointers_lead_nowhere)
{
    virt_addr_t stack[2] = {0x123456789, 0};
    const virt_addr_t bad[] = {
        0, 1, 8, 0x1000, (virt_addr_t)stack, (virt_addr_t)stack + 1, UINTPTR_MAX - 7};

    stack[1] = (virt_addr_t)stack;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        virt_addr_t fp = bad[i];
        virt_addr_t pc = 0;
        unsigned int frames = 0;

        while (frames < READS && arch_unwind(&pc, &fp)) {
            frames++;
        }
        KTEST_EXPECT(frames < READS);
    }
}

KTEST(extable_knows_only_its_own)
{
    KTEST_EXPECT(extable_fixup((virt_addr_t)clock_ns) == 0);
    KTEST_EXPECT(extable_fixup(0) == 0);
}

SERVICE_TYPE(frame_test, struct search);

static struct search late_service;

KTEST(services_are_sealed)
{
    KTEST_EXPECT(service_register(frame_test, &late_service, PRIVILEGE_USER) == -EPERM);
    KTEST_EXPECT(service_get(frame_test, PRIVILEGE_KERNEL) == NULL);
}

KTEST(canary_is_no_constant)
{
    KTEST_EXPECT(__stack_chk_guard != 0);
    KTEST_EXPECT((__stack_chk_guard & UINT8_MAX) == 0);
    KTEST_EXPECT(__stack_chk_guard >> 32 != 0);
}

KTEST(interrupts_are_on)
{
    struct spinlock lock = {0};
    unsigned long irq;

    KTEST_EXPECT(arch_irq_enabled());
    irq = spin_lock(&lock);
    KTEST_EXPECT(!arch_irq_enabled());
    KTEST_EXPECT(lock.drawn != lock.served);
    spin_unlock(&lock, irq);
    KTEST_EXPECT(lock.drawn == lock.served);
    KTEST_EXPECT(arch_irq_enabled());
}

KTEST(params_know_ktest)
{
    KTEST_EXPECT(param_given("ktest"));
    KTEST_EXPECT(!param_given("no_such_parameter"));
}

/* The console of every board this runs on has a driver that tells how it is set. */
KTEST(console_device_is_published)
{
    struct device *dev = device_find("serial0");
    struct serial_line line = {.console = false};

    KTEST_EXPECT(console_present());
    KTEST_REQUIRE(dev != NULL);
    KTEST_EXPECT(dev->error == 0);
    KTEST_EXPECT(device_node_usable(dev->node));
    KTEST_EXPECT(driver_for(dev->node) == dev->driver);
    KTEST_EXPECT(device_control(dev, SERIAL_GET_LINE, &line, sizeof(line)) == 0);
    KTEST_EXPECT(line.console);
    KTEST_EXPECT(line.clock_hz > 0);
    KTEST_EXPECT(device_control(dev, SERIAL_GET_LINE, &line, 1) == -EINVAL);
    KTEST_EXPECT(device_control(dev, UINT32_MAX, &line, sizeof(line)) == -ENOTSUP);
}

KTEST(device_interrupt_has_a_controller)
{
    struct device *dev = device_find("serial0");
    struct fdt_irq irq;

    KTEST_REQUIRE(dev != NULL);
    KTEST_EXPECT(device_interrupt(dev, 0, &irq) == 0);
    KTEST_EXPECT(irq.count > 0);
    KTEST_EXPECT(device_interrupt(dev, 99, &irq) == -ENOENT);
}

KTEST(power_can_be_removed_by_nobody)
{
    struct device *dev;

    for (unsigned int i = 0; (dev = device_at(i)) != NULL; i++) {
        if (dev->error == 0 && dev->driver->level == DRIVER_POWER) {
            KTEST_EXPECT(device_remove(dev) == -ENOTSUP);
        }
    }
}

KTEST(vectors_are_set)
{
    uint64_t offset;

    KTEST_EXPECT(arch_trap_vectors() != 0);
    KTEST_EXPECT(IS_ENABLED(CONFIG_SYMTAB) ==
                 (symbol_lookup((virt_addr_t)clock_ns, &offset) != NULL));
}
