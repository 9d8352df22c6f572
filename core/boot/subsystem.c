/* SPDX-License-Identifier: MIT */
/* Starts the subsystems in the order of their dependencies, and stops them in the reverse. */
#define LOG_TAG "boot"

#include <keel/command.h>
#include <keel/console.h>
#include <keel/errno.h>
#include <keel/log.h>
#include <keel/panic.h>
#include <keel/printf.h>
#include <keel/service.h>
#include <keel/status.h>
#include <keel/string.h>
#include <keel/subsystem.h>

#define SUBSYSTEMS_MAX 64

static struct {
    uint16_t order[SUBSYSTEMS_MAX];
    size_t count;
    size_t started; /* of `order`, those whose early_init is done */
} state;

/* The index of a name, or `count`. */
static size_t find(const struct subsystem *table, size_t count, const char *name)
{
    size_t i = 0;

    while (i < count && strcmp(table[i].name, name) != 0) {
        i++;
    }
    return i;
}

static bool contains(const uint16_t *order, size_t count, size_t index)
{
    for (size_t i = 0; i < count; i++) {
        if (order[i] == index) {
            return true;
        }
    }
    return false;
}

/* The first dependency of a subsystem that is not among the `placed` ones; NULL: it may start. */
static const char *first_unmet(const struct subsystem *table, size_t count, size_t index,
                               const uint16_t *order, size_t placed)
{
    for (size_t i = 0; i < SUBSYSTEM_DEPS_MAX && table[index].deps[i]; i++) {
        if (!contains(order, placed, find(table, count, table[index].deps[i]))) {
            return table[index].deps[i];
        }
    }
    return NULL;
}

static int check_names(const struct subsystem *table, size_t count, const char **culprit)
{
    for (size_t i = 0; i < count; i++) {
        if (find(table, count, table[i].name) != i) {
            *culprit = table[i].name;
            return -EEXIST;
        }
        for (size_t d = 0; d < SUBSYSTEM_DEPS_MAX && table[i].deps[d]; d++) {
            if (find(table, count, table[i].deps[d]) == count) {
                *culprit = table[i].deps[d];
                return -ENOENT;
            }
        }
    }
    return 0;
}

/* With only `placed` startable, walks unmet dependencies until it must be on the cycle. */
static const char *find_cycle(const struct subsystem *table, size_t count, const uint16_t *order,
                              size_t placed)
{
    size_t at = 0;

    while (contains(order, placed, at)) {
        at++;
    }
    for (size_t step = 0; step < count; step++) {
        at = find(table, count, first_unmet(table, count, at, order, placed));
    }
    return table[at].name;
}

int subsystem_order(const struct subsystem *table, size_t count, uint16_t *order,
                    const char **culprit)
{
    int status = check_names(table, count, culprit);
    size_t placed = 0;

    while (status == 0 && placed < count) {
        size_t next = 0;

        while (next < count &&
               (contains(order, placed, next) || first_unmet(table, count, next, order, placed))) {
            next++;
        }
        if (next == count) {
            *culprit = find_cycle(table, count, order, placed);
            return -ELOOP;
        }
        order[placed++] = (uint16_t)next;
    }
    return status;
}

static __noreturn void panic_order(int status, const char *culprit)
{
    const struct subsystem *sub;

    if (status == -EEXIST) {
        panic("two subsystems are called %s", culprit);
    }
    if (status == -ELOOP) {
        panic("subsystem %s depends on itself, through those it needs", culprit);
    }
    section_for_each(subsystems, sub)
    {
        for (size_t d = 0; d < SUBSYSTEM_DEPS_MAX && sub->deps[d]; d++) {
            if (culprit && strcmp(sub->deps[d], culprit) == 0) {
                panic("subsystem %s needs %s, which this kernel does not have", sub->name, culprit);
            }
        }
    }
    panic("subsystems cannot be ordered: %s", status_text(status));
}

static void run_init(const struct subsystem *sub, int (*init)(void), const char *what)
{
    int status = init ? init() : 0;

    if (status < 0) {
        panic("subsystem %s: %s failed: %s", sub->name, what, status_text(status));
    }
}

void subsystems_start(void)
{
    const char *culprit = NULL;
    int status;

    state.count = (size_t)(__stop_subsystems - __start_subsystems);
    KASSERT(state.count <= SUBSYSTEMS_MAX);
    status = subsystem_order(__start_subsystems, state.count, state.order, &culprit);
    if (status < 0) {
        panic_order(status, culprit);
    }
    for (size_t i = 0; i < state.count; i++) {
        const struct subsystem *sub = &__start_subsystems[state.order[i]];

        run_init(sub, sub->early_init, "early init");
        state.started = i + 1;
        log_info("[%zu/%zu] %s", i + 1, state.count, sub->name);
    }
    service_seal();
    for (size_t i = 0; i < state.count; i++) {
        const struct subsystem *sub = &__start_subsystems[state.order[i]];

        run_init(sub, sub->late_init, "late init");
    }
}

void subsystems_shutdown(void)
{
    while (state.started > 0) {
        const struct subsystem *sub = &__start_subsystems[state.order[--state.started]];

        if (sub->shutdown) {
            sub->shutdown();
        }
    }
}

static const char *privilege_name(enum privilege privilege)
{
    static const char *const names[] = {
        [PRIVILEGE_USER] = "user", [PRIVILEGE_DRIVER] = "driver", [PRIVILEGE_KERNEL] = "kernel"};

    return names[privilege];
}

static int cmd_subsys(int argc, char **argv)
{
    for (size_t i = 0; i < state.count; i++) {
        const struct subsystem *sub = &__start_subsystems[state.order[i]];

        console_printf("[%zu/%zu] %s (%s)", i + 1, state.count, sub->name,
                       privilege_name(sub->privilege));
        for (size_t d = 0; d < SUBSYSTEM_DEPS_MAX && sub->deps[d]; d++) {
            console_printf("%s %s", d ? "," : " after", sub->deps[d]);
        }
        console_printf("\n");
    }
    return 0;
}

COMMAND(subsys, "", "list the subsystems in the order they started", cmd_subsys);
