/* SPDX-License-Identifier: MIT */
/* The end of the road: says why, from where, and with which registers; then halts, reboots or powers
 * off, as the `panic` parameter wants. */
#define LOG_TAG "panic"

#include <arch/cpu.h>
#include <arch/trap.h>
#include <arch/unwind.h>
#include <keel/console.h>
#include <keel/lock_check.h>
#include <keel/log.h>
#include <keel/panic.h>
#include <keel/param.h>
#include <keel/percpu.h>
#include <keel/power.h>
#include <keel/printf.h>
#include <keel/string.h>
#include <keel/symbols.h>

#define FRAMES_MAX    32
#define LINE_MAX      320

#define OUTERMOST_MAX 64u /* bytes of the frame that a stack starts with */

extern char _text_start[], _text_end[];

static char action[16] = "halt";

KPARAM(panic, PARAM_STRING, action, 0, 0, "what a panic ends in (halt, reboot or poweroff)");

/* The CPU that panicked first, and how many panics have begun there: a second comes from within the
 * first. */
static unsigned int owner = CPUS_MAX;
static unsigned int depth;

static const struct panic_cpu_ops *cpu_ops;

void panic_set_cpu_ops(const struct panic_cpu_ops *ops)
{
    cpu_ops = ops;
}

static void keep_line(const char *text)
{
    log_fatal("%s", text);
    log_keep_panic(text, strlen(text));
    log_keep_panic("\n", 1);
}

void panic_printf(const char *fmt, ...)
{
    char line[LINE_MAX];
    va_list args;

    va_start(args, fmt);
    kvsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    keep_line(line);
}

/* Panics of several CPUs at once: the first to come reports, the others end here. */
static void own_the_panic(void)
{
    unsigned int none = CPUS_MAX;

    if (!__atomic_compare_exchange_n(&owner, &none, cpu_index(), false, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED) &&
        none != cpu_index()) {
        if (cpu_ops) {
            cpu_ops->stop_here();
        }
        arch_halt();
    }
}

/* Stops everything else. The first panic goes on; one within it says so and ends at once. */
static void begin(void)
{
    arch_irq_disable();
    own_the_panic();
    lock_check_stop();
    log_panic_mode();
    console_panic_mode();
    printf_symbol_hook = symbol_format;
    if (__atomic_add_fetch(&depth, 1, __ATOMIC_RELAXED) > 2) {
        arch_halt();
    }
    if (depth == 1 && !console_present() && sizeof(CONFIG_EARLYCON_DEFAULT) > 1) {
        earlycon_start(CONFIG_EARLYCON_DEFAULT);
    }
    if (depth == 1 && cpu_ops) {
        cpu_ops->stop_others();
    }
}

void panic_check_action(void)
{
    if (strcmp(action, "halt") != 0 && strcmp(action, "reboot") != 0 &&
        strcmp(action, "poweroff") != 0) {
        log_warn("panic=%s is not known: a panic ends in halt, reboot or poweroff", action);
    }
}

static __noreturn void finish(void)
{
    if (depth == 1 && cpu_ops) {
        cpu_ops->show_others();
    }
    if (strcmp(action, "reboot") == 0) {
        power_reboot_now();
    }
    if (strcmp(action, "poweroff") == 0) {
        power_off_now(PANIC_STATUS);
    }
    keep_line("halted");
    arch_halt();
}

static void end_nested(void)
{
    if (depth > 1) {
        keep_line("this came while a panic was being reported: no more can be said");
        finish();
    }
}

static void print_frame(virt_addr_t pc, bool is_return)
{
    char name[LINE_MAX / 2];

    if ((is_return ? symbol_format_return : symbol_format)(name, sizeof(name), pc) < 0) {
        panic_printf("  %p", (void *)pc);
    } else {
        panic_printf("  %p %s", (void *)pc, name);
    }
}

static void print_frames(virt_addr_t pc, virt_addr_t fp, bool is_return)
{
    keep_line("backtrace, innermost first:");
    print_frame(pc, is_return);
    for (unsigned int frame = 1; frame < FRAMES_MAX && arch_unwind(&pc, &fp); frame++) {
        print_frame(pc, true);
    }
}

void backtrace_print(virt_addr_t pc, virt_addr_t fp)
{
    print_frames(pc, fp, false);
}

static bool in_text(virt_addr_t pc)
{
    return pc >= (virt_addr_t)_text_start && pc < (virt_addr_t)_text_end;
}

/* Whether the frames around `fp` go on until the one that a stack below `high` starts with. */
static bool leads_to_start(virt_addr_t fp, virt_addr_t high)
{
    virt_addr_t pc = 0, outermost = 0;
    unsigned frames = 0;

    while (frames < FRAMES_MAX && fp <= high && arch_unwind(&pc, &fp) && in_text(pc)) {
        outermost = fp;
        frames++;
    }
    return frames > 0 && high - outermost <= OUTERMOST_MAX;
}

bool backtrace_print_stack(virt_addr_t low, virt_addr_t high)
{
    virt_addr_t pc = 0, fp = ALIGN_UP(low, sizeof(fp));

    while (fp < high && !leads_to_start(fp, high)) {
        fp += sizeof(fp);
    }
    if (fp >= high || !arch_unwind(&pc, &fp)) {
        return false;
    }
    print_frames(pc, fp, true);
    return true;
}

void panic(const char *fmt, ...)
{
    virt_addr_t fp = arch_frame_pointer();
    virt_addr_t pc = (virt_addr_t)__builtin_return_address(0);
    char line[LINE_MAX];
    va_list args;

    begin();
    va_start(args, fmt);
    kvsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    panic_printf("panic: %s", line);
    end_nested();
    arch_unwind(&pc, &fp);
    print_frames(pc, fp, true);
    finish();
}

static const char *access_words(char access)
{
    switch (access) {
    case 'r':
        return " reading";
    case 'w':
        return " writing";
    case 'x':
        return " executing";
    default:
        return "";
    }
}

void panic_trap(const struct trap_info *info, const struct trap_frame *frame)
{
    begin();
    panic_printf("panic: %s", info->cause);
    if (info->has_address) {
        panic_printf("at %pS%s address %p, code %#llx", (void *)info->pc,
                     access_words(info->access), (void *)info->address,
                     (unsigned long long)info->code);
    } else {
        panic_printf("at %pS, code %#llx", (void *)info->pc, (unsigned long long)info->code);
    }
    end_nested();
    arch_trap_print(frame, keep_line);
    backtrace_print(arch_trap_pc(frame), arch_trap_fp(frame));
    finish();
}
