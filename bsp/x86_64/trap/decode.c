/* SPDX-License-Identifier: MIT */
/* Puts exceptions into words (Intel SDM volume 3, 6.15; AMD APM volume 2, 8.2). */
#include "trap.h"

#include <keel/percpu.h>
#include <keel/printf.h>

#define SELECTOR_EXTERNAL (1 << 0)
#define SELECTOR_IDT      (1 << 1)
#define SELECTOR_LDT      (1 << 2)

static const char *exception_name(uint64_t vector)
{
    static const char *const names[TRAP_EXCEPTIONS] = {
        [0] = "divide error",
        [1] = "debug exception",
        [2] = "non-maskable interrupt",
        [3] = "breakpoint",
        [4] = "overflow",
        [5] = "bound range exceeded",
        [6] = "invalid opcode",
        [7] = "device not available (x87, MMX, SSE or AVX in the kernel)",
        [8] = "double fault",
        [9] = "coprocessor segment overrun",
        [10] = "invalid TSS",
        [11] = "segment not present",
        [12] = "stack-segment fault",
        [13] = "general protection fault",
        [14] = "page fault",
        [16] = "x87 floating-point error",
        [17] = "alignment check",
        [18] = "machine check",
        [19] = "SIMD floating-point error",
        [20] = "virtualization exception",
        [21] = "control protection exception",
        [28] = "hypervisor injection exception",
        [29] = "VMM communication exception",
        [30] = "security exception",
    };
    const char *name = vector < TRAP_EXCEPTIONS ? names[vector] : NULL;

    return name != NULL ? name : "reserved exception";
}

/* What the access was, and why it was refused. */
static void decode_page_fault(const struct trap_frame *frame, char *text, struct trap_info *info)
{
    bool overflow;
    uint64_t error = frame->error;
    const char *access = (error & PF_FETCH) != 0   ? "execute"
                         : (error & PF_WRITE) != 0 ? "write"
                                                   : "read";
    const char *why = (error & PF_RESERVED) != 0  ? "reserved bit set in a page-table entry"
                      : (error & PF_KEY) != 0     ? "refused by a protection key"
                      : (error & PF_SHADOW) != 0  ? "shadow stack access"
                      : (error & PF_PRESENT) != 0 ? "page present, access not allowed"
                                                  : "page not present";

    info->access = access[0] == 'e' ? 'x' : access[0];
    overflow = stack_overflow_at(info->address);
    ksnprintf(text, TRAP_TEXT_MAX, "page fault: %s in %s mode, %s%s%s", access,
              (error & PF_USER) != 0 ? "user" : "kernel", why,
              overflow ? ": stack overflow in thread " : "", overflow ? current_head()->name : "");
}

/* The error code of a fault on a segment or gate; 0 when it has nothing to do with one. */
static void decode_selector(const struct trap_frame *frame, char *text)
{
    uint64_t error = frame->error;
    const char *table = (error & SELECTOR_IDT) != 0   ? "IDT vector"
                        : (error & SELECTOR_LDT) != 0 ? "LDT entry"
                                                      : "GDT entry";

    ksnprintf(text, TRAP_TEXT_MAX, "%s: %s %llu%s", exception_name(frame->vector), table,
              (unsigned long long)(error >> 3),
              (error & SELECTOR_EXTERNAL) != 0 ? ", by an outside event" : "");
}

/* A double fault is what running out of stack ends in: the page fault found no stack either. */
static void decode_double_fault(uint64_t cr2, char *text, struct trap_info *info)
{
    if (stack_overflow_at(cr2)) {
        info->address = cr2;
        info->has_address = true;
        info->access = 'w';
        ksnprintf(text, TRAP_TEXT_MAX, "double fault: stack overflow in thread %s",
                  current_head()->name);
        info->cause = text;
    }
}

void trap_decode(const struct trap_frame *frame, uint64_t cr2, char *text, struct trap_info *info)
{
    *info = (struct trap_info){.cause = exception_name(frame->vector),
                               .code = frame->vector << 32 | frame->error,
                               .pc = frame->rip};
    if (frame->vector >= TRAP_EXCEPTIONS) {
        ksnprintf(text, TRAP_TEXT_MAX, "unexpected interrupt, vector %llu",
                  (unsigned long long)frame->vector);
        info->cause = text;
    } else if (frame->vector == TRAP_PAGE_FAULT) {
        info->address = cr2;
        info->has_address = true;
        decode_page_fault(frame, text, info);
        info->cause = text;
    } else if (frame->vector == TRAP_DOUBLE_FAULT) {
        decode_double_fault(cr2, text, info);
    } else if (frame->error != 0) {
        decode_selector(frame, text);
        info->cause = text;
    }
}
