/* SPDX-License-Identifier: MIT */
/* The console of the SBI firmware, where no other is. */
#include <arch/sbi.h>
#include <keel/console.h>
#include <keel/driver.h>
#include <keel/errno.h>

static void console_out(struct console *con, const char *text, size_t len)
{
    sbi_console_write(text, len);
}

static int console_in(struct console *con)
{
    int byte = sbi_console_read();

    return byte < 0 ? -EAGAIN : byte;
}

static struct console console = {.name = "sbi", .write = console_out, .read = console_in};
static struct console early_console = {
    .name = "sbi", .write = console_out, .read = console_in, .boot = true};

static bool firmware_has_console(void)
{
    return sbi_probe(SBI_DBCN) || sbi_probe(SBI_LEGACY_PUTCHAR);
}

static int sbi_console_probe(struct device *dev)
{
    if (!firmware_has_console() || !device_claim_console(dev)) {
        return -ENODEV;
    }
    console_register(&console);
    return device_publish(dev, "console");
}

static void sbi_console_remove(struct device *dev)
{
    console_unregister(&console);
}

DRIVER(sbi_console, .name = "sbi-console", .level = DRIVER_CONSOLE, .probe = sbi_console_probe,
       .remove = sbi_console_remove);

static int sbi_earlycon(const char *options)
{
    if (!firmware_has_console()) {
        return -ENODEV;
    }
    console_register(&early_console);
    return 0;
}

EARLYCON(sbi, "sbi", sbi_earlycon);
