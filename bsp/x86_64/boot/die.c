/* SPDX-License-Identifier: MIT */
/* Last words of a boot that cannot go on, before the kernel has a console. */
#include "boot.h"

#include <arch/cpu.h>
#include <arch/io.h>

#define DEBUGCON      0xe9
#define COM1          0x3f8
#define UART_LSR      5
#define UART_LSR_THRE 0x20
#define UART_SPINS    100000

static __no_stack_protector void die_putc(char c)
{
    port_write8(DEBUGCON, (uint8_t)c);
    for (unsigned i = 0; i < UART_SPINS; i++) {
        if ((port_read8(COM1 + UART_LSR) & UART_LSR_THRE) != 0) {
            break;
        }
    }
    port_write8(COM1, (uint8_t)c);
}

static __no_stack_protector void die_puts(const char *text)
{
    for (; *text != '\0'; text++) {
        die_putc(*text);
    }
}

__no_stack_protector __noreturn void boot_die(const char *why)
{
    die_puts("\r\n[    0.000000] fatal panic: ");
    die_puts(why);
    die_puts("\r\n");
    arch_halt();
}
