/* SPDX-License-Identifier: MIT */
/* Reports what a program did wrong, and ends it. On its thread, which may sleep; user memory is read. */
#define LOG_TAG "fault"
#include "process.h"

#include <arch/cpu.h>
#include <arch/trap.h>
#include <arch/user.h>
#include <keel/log.h>
#include <keel/panic.h>
#include <keel/uaccess.h>
#include <keel/user.h>

static void line(const char *text)
{
    log_error("%s", text);
}

static const char *access_words(char access)
{
    return access == 'r' ? "reading" : access == 'w' ? "writing" : "executing";
}

/* An address, and where it lies in the program's file. */
static void frame_line(const struct process *process, virt_addr_t pc)
{
    virt_addr_t image = process_image(process);

    if (image != 0 && pc >= image) {
        log_error("  %016lx image+%#lx", pc, pc - image);
    } else {
        log_error("  %016lx", pc);
    }
}

static void add_frame(struct process_end *end, virt_addr_t pc)
{
    end->frames[end->frame_count++] = pc;
}

/* Frames grow upwards, so it ends. What the program has there may be anything. */
static void walk(const struct trap_frame *frame, struct process_end *end)
{
    virt_addr_t fp = arch_trap_user_fp(frame);
    virt_addr_t record[2]; /* the caller's frame pointer, and the return address */

    add_frame(end, arch_trap_pc(frame));
    while (end->frame_count < PROCESS_FRAMES_MAX && fp != 0 && fp % sizeof(fp) == 0) {
        if (user_copy_in(record, user_pointer(fp + (virt_addr_t)ARCH_USER_RECORD),
                         sizeof(record)) != 0) {
            return;
        }
        if (end->frame_count == 1) {
            arch_user_first_record(frame, fp, record);
        }
        if (record[1] == 0) {
            return;
        }
        add_frame(end, record[1]);
        if (record[0] <= fp) {
            return;
        }
        fp = record[0];
    }
}

static void backtrace(const struct process *process, const struct process_end *end)
{
    line("backtrace, innermost first:");
    for (uint32_t i = 0; i < end->frame_count; i++) {
        frame_line(process, end->frames[i]);
    }
}

void user_fault(const struct trap_info *info, const struct trap_frame *frame)
{
    struct process_end end = {
        .reason = PROCESS_FAULTED,
        .result = PROCESS_RESULT_KILLED,
        .code = info->code,
        .pc = info->pc,
        .address = info->has_address ? info->address : 0,
        .access = info->access,
    };
    const struct process *process = process_current();

    if (!process) { /* a thread of the kernel has got there */
        panic_trap(info, frame);
    }
    arch_irq_enable();
    log_error("%s: %s", process_name(process), info->cause);
    if (info->has_address) {
        log_error("at %016lx %s address %016lx, code %#llx", info->pc, access_words(info->access),
                  info->address, (unsigned long long)info->code);
    } else {
        log_error("at %016lx, code %#llx", info->pc, (unsigned long long)info->code);
    }
    arch_trap_print(frame, line);
    walk(frame, &end);
    backtrace(process, &end);
    process_end_by(&end);
}
