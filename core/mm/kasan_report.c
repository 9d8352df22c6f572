/* SPDX-License-Identifier: MIT */
/* Says what a bad access hit: the variable, block, page or part of the mapping area, and who took it
 * and gave it back. */
#define LOG_TAG "kasan"
#include "heap_internal.h"
#include "kasan_internal.h"
#include "pmm_internal.h"

#include <keel/log.h>
#include <keel/panic.h>
#include <keel/parse.h>
#include <keel/printf.h>
#include <keel/string.h>

#define NAME_MAX      64
#define LOOK_BACK     (UINT64_C(1) << 18) /* bytes, for the head of a block */
#define STACK_BACK    16384u              /* bytes, for the start of a function's variables */
#define FRAME_MAGIC   0x41b58ab3u         /* the compiler's, in front of a function's variables */
#define ANNOUNCEMENTS 512u

/* What the compiler leaves in front of a function's variables. */
struct stack_frame {
    uint64_t magic;
    const char *variables; /* how many, and each: offset, size, length of the name, name */
    virt_addr_t function;
};

static bool expecting;
static bool ended;
static unsigned reports;
static char report_text[2][KASAN_TEXT]; /* the access, and what it hit */

/* What the constructors announced. */
static const struct kasan_global *announced[ANNOUNCEMENTS];
static size_t announced_count[ANNOUNCEMENTS];
static unsigned announcements;

void kasan_announce(const struct kasan_global *globals, size_t count)
{
    if (announcements < ANNOUNCEMENTS) {
        announced[announcements] = globals;
        announced_count[announcements++] = count;
    }
}

unsigned kasan_announcements(void)
{
    return announcements;
}

static const char *code_words(uint8_t code)
{
    switch (code) {
    case KASAN_STACK_FRONT:
        return "in front of a variable on the stack";
    case KASAN_STACK_MIDDLE:
    case KASAN_STACK_BEHIND:
        return "behind a variable on the stack";
    case KASAN_STACK_SCOPE:
        return "in a variable on the stack whose block has ended";
    case KASAN_GUARD:
        return "outside of a part of the mapping area";
    case KASAN_AREA:
        return "in a part of the mapping area that was given back";
    case KASAN_GLOBAL:
        return "behind a variable";
    case KASAN_HEAD:
        return "in front of a block";
    case KASAN_PAGE:
        return "in a free page";
    case KASAN_FREE:
        return "in freed memory";
    case KASAN_UNUSED:
        return "in the heap's own memory";
    default:
        return "behind the end of a block";
    }
}

/* --- Variables --- */

/* The variable whose redzone holds the address. */
static void describe_global(char *text, virt_addr_t address)
{
    for (unsigned i = 0; i < announcements; i++) {
        for (size_t n = 0; n < announced_count[i]; n++) {
            const struct kasan_global *global = &announced[i][n];

            if (address - global->start < global->size_with_redzone) {
                ksnprintf(text, KASAN_TEXT, "variable %s of %zu bytes", global->name, global->size);
                return;
            }
        }
    }
}

static unsigned long number(const char **text)
{
    unsigned long value = 0;

    while (**text == ' ') {
        ++*text;
    }
    for (; **text >= '0' && **text <= '9'; ++*text) {
        value = value * 10 + (unsigned long)(**text - '0');
    }
    return value;
}

/* The variable nearest to `offset` among those that the compiler lists. */
static void nearest_variable(char *text, const struct stack_frame *frame, unsigned long offset)
{
    const char *at = frame->variables;
    unsigned long count = number(&at), best = ~0ul;
    char place[NAME_MAX];

    symbol_text(place, sizeof(place), frame->function + 1);
    for (unsigned long i = 0; i < count; i++) {
        unsigned long start = number(&at), size = number(&at), length = number(&at);
        const char *name = ++at, *colon = memchr(name, ':', length); /* its line follows */
        unsigned long away = offset < start ? start - offset : offset - MIN(offset, start + size);

        if (away < best) {
            best = away;
            ksnprintf(text, KASAN_TEXT, "variable %.*s of %lu bytes, on the stack of %s",
                      (int)(colon != NULL ? colon - name : (long)length), name, size, place);
        }
        at += length;
    }
}

/* A frame starts with marks of its own kind, at whose beginning the compiler tells what follows. */
static void describe_stack(char *text, virt_addr_t address)
{
    virt_addr_t at = ALIGN_DOWN(address, (virt_addr_t)KASAN_GRANULE);
    virt_addr_t lowest = at - STACK_BACK;

    while (at > lowest && kasan_code_at(at) != KASAN_STACK_FRONT) {
        at -= KASAN_GRANULE;
    }
    while (at > lowest && kasan_code_at(at - KASAN_GRANULE) == KASAN_STACK_FRONT) {
        at -= KASAN_GRANULE;
    }
    if (at > lowest && ((const struct stack_frame *)at)->magic == FRAME_MAGIC) {
        nearest_variable(text, (const struct stack_frame *)at, address - at);
    }
}

/* --- Blocks, pages, parts of the mapping area --- */

/* The head of the block in front of the address (or, from its head, behind), or NULL. */
static const struct heap_head *find_head(virt_addr_t address)
{
    virt_addr_t at = ALIGN_DOWN(address, (virt_addr_t)KASAN_GRANULE);
    virt_addr_t lowest = at - LOOK_BACK;

    while (at > lowest && kasan_code_at(at) != KASAN_HEAD && kasan_code_at(at) != KASAN_UNUSED &&
           kasan_code_at(at) != KASAN_FREE) {
        at -= KASAN_GRANULE;
    }
    while (kasan_code_at(at) == KASAN_HEAD && kasan_code_at(at + KASAN_GRANULE) == KASAN_HEAD) {
        at += KASAN_GRANULE;
    }
    return kasan_code_at(at) == KASAN_HEAD ? (const struct heap_head *)(at + KASAN_GRANULE) - 1
                                           : NULL;
}

static void describe_life(char *text, const char *what, virt_addr_t start, size_t size,
                          virt_addr_t took, virt_addr_t gave)
{
    char allocated[NAME_MAX], done_by[NAME_MAX] = "";

    symbol_text(allocated, sizeof(allocated), took);
    if (gave != 0) {
        symbol_text(done_by, sizeof(done_by), gave);
    }
    ksnprintf(text, KASAN_TEXT, "%s %p of %zu bytes, allocated by %s%s%s", what, (void *)start,
              size, allocated, gave != 0 ? ", freed by " : "", done_by);
}

static void describe_freed(char *text, virt_addr_t address)
{
    struct heap_freed was;

    if (heap_trace_find(address, &was)) {
        describe_life(text, "block", was.start, was.size, was.allocated_by, was.freed_by);
    }
}

static void describe_block(char *text, virt_addr_t address)
{
    const struct heap_head *head = find_head(address);

    if (head != NULL && head->redzone == HEAP_HEAD_REDZONE) {
        describe_life(text, "block", (virt_addr_t)(head + 1), head->size, head->site, 0);
    }
}

static void describe_area(char *text, virt_addr_t address)
{
    struct kasan_area_part part;

    if (kasan_area_find(address, &part)) {
        describe_life(text, "part", part.start, part.size, part.allocated_by, part.freed_by);
    }
}

/* What is known of the memory that was hit; "" when nothing is. */
static void describe(char *text, virt_addr_t address, uint8_t code)
{
    text[0] = '\0';
    switch (code) {
    case KASAN_STACK_FRONT:
    case KASAN_STACK_MIDDLE:
    case KASAN_STACK_BEHIND:
    case KASAN_STACK_SCOPE:
        describe_stack(text, address);
        break;
    case KASAN_GUARD:
    case KASAN_AREA:
        describe_area(text, address);
        break;
    case KASAN_GLOBAL:
        describe_global(text, address);
        break;
    case KASAN_PAGE:
        pmm_page_history(arch_virt_to_phys((const void *)address), text, KASAN_TEXT);
        break;
    case KASAN_FREE:
        describe_freed(text, address);
        break;
    default:
        describe_block(text, address);
        break;
    }
}

__noinline void kasan_report(virt_addr_t address, size_t size, bool write, virt_addr_t pc)
{
    uint8_t code = kasan_code_at(address);
    char place[NAME_MAX];

    if (ended) {
        return; /* the way to the end is not to be stopped */
    }
    if (code < KASAN_GRANULE) {
        uint8_t next = kasan_code_at(address + KASAN_GRANULE);

        code = next < KASAN_GRANULE ? KASAN_TAIL : next;
    }
    describe(report_text[1], address, code);
    symbol_text(place, sizeof(place), pc);
    ksnprintf(report_text[0], KASAN_TEXT, "%s of %zu bytes at %p by %s, %s",
              write ? "write" : "read", size, (void *)address, place, code_words(code));
    reports++;
    if (!expecting) {
        ended = true;
        log_error("%s", report_text[1][0] != '\0' ? report_text[1] : "nothing is known of it");
        panic("kasan: %s", report_text[0]);
    }
}

unsigned kasan_expect(bool expected)
{
    expecting = expected;
    return reports;
}

const char *kasan_last_report(unsigned line)
{
    return report_text[line % 2];
}
