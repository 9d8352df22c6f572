/* SPDX-License-Identifier: MIT */
/* Last words of a boot that fails before the kernel has a console: through the SBI, at any address,
 * the MMU on or off. */
#include "boot.h"

#include <arch/cpu.h>
#include <arch/sbi.h>
#include <keel/string.h>

static void put_text(const char *text)
{
    sbi_console_write(text, strlen(text));
}

static void put_hex(uint64_t value)
{
    for (int shift = 60; shift >= 0; shift -= 4) {
        unsigned digit = value >> shift & 15;
        char c = digit < 10 ? '0' + digit : 'a' + digit - 10;

        sbi_console_write(&c, 1);
    }
}

void boot_fail(const char *why)
{
    put_text("keel: cannot boot: ");
    put_text(why);
    put_text("\r\n");
    arch_halt();
}

void boot_trap_report(uint64_t cause, virt_addr_t pc, virt_addr_t value)
{
    put_text("keel: trap while booting: scause ");
    put_hex(cause);
    put_text(", sepc ");
    put_hex(pc);
    put_text(", stval ");
    put_hex(value);
    put_text("\r\n");
}
