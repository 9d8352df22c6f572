/* SPDX-License-Identifier: MIT */
/* The consoles that are there: text goes to all of them, keys come from any. */
#include <arch/cpu.h>
#include <keel/console.h>
#include <keel/errno.h>
#include <keel/log.h>
#include <keel/percpu.h>
#include <keel/printf.h>
#include <keel/spinlock.h>
#include <keel/string.h>

#define LATE_SIZE 2048 /* bytes of text that could not be shown at once */

/*
 * Devices are slow: a line takes milliseconds. So text is not written under a lock that turns interrupts
 * off, but in turn: one CPU at a time writes, and does not switch threads meanwhile, while interrupts
 * stay as they were. Who may not wait for a turn, with interrupts off or in an interrupt of the one that
 * writes, leaves the text to that one.
 */
static struct {
    struct console *first; /* changed in turn and with the lock held */
    uint32_t turn;         /* whose it is, as cpu_index() + 1; 0: nobody's */
    struct spinlock lock;  /* for who reads keys */
    void (*input_hook)(void);
    void (*preempt_hook)(void);
    bool unlocked;
} consoles;

static struct {
    struct spinlock lock;
    size_t len;
    char text[LATE_SIZE];
} late;

static unsigned long lock_consoles(void)
{
    return consoles.unlocked ? 0 : spin_lock(&consoles.lock);
}

static void unlock_consoles(unsigned long irq)
{
    if (!consoles.unlocked) {
        spin_unlock(&consoles.lock, irq);
    }
}

/* Writes text with each newline as CR LF, in turn, as all up to console_register(). */
static void write_to(struct console *con, const char *text, size_t len)
{
    while (len > 0 && con->write) {
        const char *newline = memchr(text, '\n', len);
        size_t part = newline ? (size_t)(newline - text) : len;

        if (part > 0) {
            con->write(con, text, part);
        }
        if (!newline) {
            return;
        }
        con->write(con, "\r\n", 2);
        text += part + 1;
        len -= part + 1;
    }
}

static void replay_line(void *arg, enum log_level level, const char *line, size_t len)
{
    struct console *con = arg;

    if (log_shown(level)) {
        write_to(con, line, len);
        write_to(con, "\n", 1);
    }
}

static void write_to_all(const char *text, size_t len)
{
    for (struct console *con = consoles.first; con; con = con->next) {
        write_to(con, text, len);
    }
}

/* Makes it this CPU's turn, waiting for another CPU's to end if `wait`. It is not to be had where it is
 * this CPU's already. */
static bool take_turn(bool wait)
{
    struct thread_head *self = current_head();
    uint32_t holder, own;

    self->preempt_off++;
    own = cpu_index() + 1;
    do {
        holder = 0;
        if (__atomic_compare_exchange_n(&consoles.turn, &holder, own, false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST)) {
            return true;
        }
        arch_cpu_relax();
    } while (wait && holder != own);
    self->preempt_off--;
    return false;
}

static bool any_late(void)
{
    return __atomic_load_n(&late.len, __ATOMIC_SEQ_CST) != 0;
}

/* Changes what is read without the lock. */
static void set_late_len(size_t len)
{
    __atomic_store_n(&late.len, len, __ATOMIC_SEQ_CST);
}

static void write_late(void)
{
    char part[64];

    while (any_late()) {
        unsigned long irq = spin_lock(&late.lock);
        size_t len = MIN(late.len, sizeof(part));

        memcpy(part, late.text, len);
        memmove(late.text, late.text + len, late.len - len);
        set_late_len(late.len - len);
        spin_unlock(&late.lock, irq);
        write_to_all(part, len);
    }
}

/* Whoever leaves text behind while a turn ends either sees that it has, or is seen here. */
static void end_turn(void)
{
    void (*hook)(void) = READ_ONCE(consoles.preempt_hook);
    uint32_t own = cpu_index() + 1;
    uint32_t nobody;

    do {
        write_late();
        __atomic_store_n(&consoles.turn, 0, __ATOMIC_SEQ_CST);
        nobody = 0;
    } while (any_late() && __atomic_compare_exchange_n(&consoles.turn, &nobody, own, false,
                                                       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    current_head()->preempt_off--;
    if (hook) {
        hook();
    }
}

/* What does not fit is not shown at all; where it was logged, the log has it. */
static void leave_late(const char *text, size_t len, const char *end)
{
    unsigned long irq = spin_lock(&late.lock);
    size_t end_len = strlen(end);

    if (len + end_len <= LATE_SIZE - late.len) {
        memcpy(late.text + late.len, text, len);
        memcpy(late.text + late.len + len, end, end_len);
        set_late_len(late.len + len + end_len);
    }
    spin_unlock(&late.lock, irq);
}

/* Shows text and what ends it, together. */
static void show(const char *text, size_t len, const char *end)
{
    if (consoles.unlocked) {
        write_to_all(text, len);
        write_to_all(end, strlen(end));
        return;
    }
    if (!take_turn(arch_irq_enabled())) {
        leave_late(text, len, end);
        if (take_turn(false)) {
            end_turn();
        }
        return;
    }
    write_to_all(text, len);
    write_to_all(end, strlen(end));
    end_turn();
}

static void sink_line(void *arg, enum log_level level, const char *line, size_t len)
{
    if (log_shown(level)) {
        show(line, len, "\n");
    }
}

static void unlink_console(struct console *con)
{
    for (struct console **link = &consoles.first; *link; link = &(*link)->next) {
        if (*link == con) {
            *link = con->next;
            con->next = NULL;
            return;
        }
    }
}

/* Whether an early console shows what `con` will. One of firmware, which has no place of its own,
 * runs over a device of firmware's choice: taken for the first console with keys. */
static bool is_early_form(const struct console *early, const struct console *con)
{
    if (early->where == 0 && con->read && con->write) {
        return early->boot;
    }
    return early->boot && early->where == con->where && strcmp(early->name, con->name) == 0;
}

static struct console *early_form_of(const struct console *con)
{
    struct console *early = consoles.first;

    while (early && !is_early_form(early, con)) {
        early = early->next;
    }
    return early;
}

/* For changes of the list. */
static unsigned long lock_list(void)
{
    while (!consoles.unlocked && !take_turn(true)) {
        arch_cpu_relax();
    }
    return lock_consoles();
}

static void unlock_list(unsigned long irq)
{
    unlock_consoles(irq);
    if (!consoles.unlocked) {
        end_turn();
    }
}

void console_register(struct console *con)
{
    struct console *early;
    unsigned long irq;

    irq = lock_list();
    early = con->boot ? NULL : early_form_of(con);
    if (early) {
        unlink_console(early);
    }
    unlock_consoles(irq);
    if (!early) {
        log_replay(replay_line, con);
    }
    irq = lock_consoles();
    con->next = consoles.first;
    consoles.first = con;
    unlock_list(irq);
    log_set_sink(sink_line);
}

void console_unregister(struct console *con)
{
    unsigned long irq = lock_list();

    unlink_console(con);
    unlock_list(irq);
}

static bool only_boot_consoles(void)
{
    for (struct console *con = consoles.first; con; con = con->next) {
        if (!con->boot && con->write) {
            return false;
        }
    }
    return true;
}

void console_drop_boot(void)
{
    unsigned long irq = lock_list();
    struct console **link = &consoles.first;

    while (*link && !only_boot_consoles()) {
        if ((*link)->boot) {
            *link = (*link)->next;
        } else {
            link = &(*link)->next;
        }
    }
    unlock_list(irq);
}

/* What any of them does. */
static struct abilities {
    bool writes, reads, must_be_asked;
} abilities(void)
{
    unsigned long irq = lock_consoles();
    struct abilities all = {0};

    for (const struct console *con = consoles.first; con; con = con->next) {
        all.writes |= con->write != NULL;
        all.reads |= con->read != NULL;
        all.must_be_asked |= con->read && !con->announces;
    }
    unlock_consoles(irq);
    return all;
}

bool console_present(void)
{
    return abilities().writes;
}

bool console_has_input(void)
{
    return abilities().reads;
}

bool console_input_announced(void)
{
    return !abilities().must_be_asked;
}

void console_set_input_hook(void (*hook)(void))
{
    WRITE_ONCE(consoles.input_hook, hook);
}

void console_set_preempt_hook(void (*hook)(void))
{
    WRITE_ONCE(consoles.preempt_hook, hook);
}

void console_input_arrived(void)
{
    void (*hook)(void) = READ_ONCE(consoles.input_hook);

    if (hook) {
        hook();
    }
}

void console_write(const char *text, size_t len)
{
    show(text, len, "");
}

static void printf_piece(void *ctx, const char *text, size_t len)
{
    console_write(text, len);
}

void console_printf(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    kvcprintf(printf_piece, NULL, fmt, args);
    va_end(args);
}

int console_poll(void)
{
    unsigned long irq = lock_consoles();
    int byte = -EAGAIN;

    for (struct console *con = consoles.first; con && byte < 0; con = con->next) {
        byte = con->read ? con->read(con) : -EAGAIN;
    }
    unlock_consoles(irq);
    return byte;
}

void console_panic_mode(void)
{
    consoles.unlocked = true;
}

int earlycon_start(const char *spec)
{
    size_t name_len = strcspn(spec, ",");
    const char *options = spec[name_len] ? spec + name_len + 1 : "";
    const struct earlycon *entry;

    section_for_each(earlycons, entry)
    {
        if (strlen(entry->name) == name_len && memcmp(entry->name, spec, name_len) == 0) {
            return entry->setup(options);
        }
    }
    return -ENOENT;
}
