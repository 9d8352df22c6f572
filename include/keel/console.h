/* SPDX-License-Identifier: MIT */
/* Consoles (K10): where the log goes and where keys come from. */
#ifndef KEEL_CONSOLE_H
#define KEEL_CONSOLE_H

#include <keel/section.h>
#include <keel/types.h>
#include <stdarg.h>

/* A device that shows text and perhaps reads keys. */
struct console {
    const char *name; /* short: "pl011", "sbi", "vga" */
    /* Writes raw bytes, busy-waiting with a bound; a dead device must not hang. NULL for input only. Called
     * by one CPU at a time, that does not switch threads meanwhile, interrupts as its caller has them. */
    void (*write)(struct console *con, const char *text, size_t len);
    /* The next byte typed, or -EAGAIN; NULL for output only. Called with a lock held. */
    int (*read)(struct console *con);
    void *priv;
    bool announces; /* says by console_input_arrived() when there is something to read */
    bool boot;      /* an early console: replaced by the real one of the same name and device */
    uint64_t where; /* the device's physical address or port; 0 for firmware's console */
    struct console *next;
};

/* Adds a console. It is shown the retained log first, unless it takes the place of the early
 * console of the same device, which has shown it already. Owned by the caller, kept until
 * console_unregister(). */
void console_register(struct console *con);
void console_unregister(struct console *con);

/* Removes all consoles marked `boot`; they stay when there is no other. */
void console_drop_boot(void);

/* True when at least one console shows text / can be read from. */
bool console_present(void);
bool console_has_input(void);

/* Unlogged output to every console, newline as CR LF. */
void console_write(const char *text, size_t len);
void console_printf(const char *fmt, ...) __printf(1, 2);

/* The next byte from any console, or -EAGAIN. */
int console_poll(void);

/* What an interrupt of a console that announces calls when there is something to read. Any context. */
void console_input_arrived(void);

/* Who is told of it, in that context; set once. */
void console_set_input_hook(void (*hook)(void));

/* Whether every console that can be read from announces: nobody has to look at them in vain. */
bool console_input_announced(void);

/* What is called when text was written, during which no thread could be switched to: now it can. Set
 * once, by who knows the scheduler. */
void console_set_preempt_hook(void (*hook)(void));

/* From here on consoles write without taking locks (panic). */
void console_panic_mode(void);

/*
 * Early consoles: `earlycon=NAME[,ADDRESS[,OPTIONS]]` (also mmio, mmio32 and io before the address,
 * as elsewhere: uart8250,mmio32,0x10000000 or uart8250,io,0x3f8). setup() gets what follows the
 * first comma, or "". Returns 0 and has registered a console, or a negative errno.
 */
struct earlycon {
    const char *name;
    int (*setup)(const char *options);
};
#define EARLYCON(ident, con_name, fn) \
    SECTION_ENTRY(earlycons, struct earlycon, earlycon_##ident) = {.name = con_name, .setup = fn}
SECTION_TABLE(earlycons, struct earlycon);

/* Starts the early console that `spec` names; -ENOENT for an unknown name. */
int earlycon_start(const char *spec);

#endif
