/* SPDX-License-Identifier: MIT */
/* From the port's hand-over to the console prompt. */
#define LOG_TAG "boot"
#include "boot.h"

#include <arch/cpu.h>
#include <keel/bench.h>
#include <keel/boot_info.h>
#include <keel/clock.h>
#include <keel/command.h>
#include <keel/console.h>
#include <keel/driver.h>
#include <keel/kernel_main.h>
#include <keel/ktest.h>
#include <keel/log.h>
#include <keel/panic.h>
#include <keel/param.h>
#include <keel/subsystem.h>
#include <keel/version.h>
#include <keel/wait.h>

/* The port has set its vectors before it called kernel_main(). */
SUBSYSTEM(exceptions, .name = "exceptions", .privilege = PRIVILEGE_KERNEL);

static void banner(void)
{
    log_info("Keel %s, %s, %s", keel_version, keel_config_name, keel_compiler);
    log_info("command line: %s", boot_info.cmdline);
    if (log_last_panic()) {
        log_warn("the boot before this one ended in a panic: `log last` shows it");
    }
    if (boot_info.cmdline_dropped != 0) {
        log_warn("command line too long, last %u bytes dropped", boot_info.cmdline_dropped);
    }
    if (boot_info.regions_dropped != 0) {
        log_warn("memory map too long, %u regions dropped", boot_info.regions_dropped);
    }
}

static void clock_init(void)
{
    uint64_t start = arch_instructions();
    uint64_t hz = tree_usable() ? arch_counter_hz(&system_fdt) : 0;

    bench_note("boot.clock", arch_instructions() - start);
    if (clock_start(hz) != 0) {
        log_warn("the rate of the CPU's counter is unknown: there is no time");
    }
}

static __noreturn void start(void)
{
    clock_init();
    tree_command_line();
    params_parse(boot_info.cmdline);
    earlycon_init(tree_usable());
    banner();
    panic_check_action();
    canary_report();
    subsystems_start();
    if (wait_ops) {
        console_set_preempt_hook(wait_ops->resched);
    }
    if (IS_ENABLED(CONFIG_BOOT_REPORT)) {
        boot_report();
    }
    if (IS_ENABLED(CONFIG_SELFTEST)) {
        boot_selftest();
    }
    if (ktest_requested()) {
        ktest_main();
    }
    if (bench_requested()) {
        bench_run();
    }
    init_start();
    command_loop();
}

__noreturn __no_stack_protector void kernel_main(void)
{
    log_recover_last();
    tree_open();
    canary_init();
    start();
}
