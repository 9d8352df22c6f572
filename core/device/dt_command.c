/* SPDX-License-Identifier: MIT */
/* The console command that shows nodes of the device tree, written as dtc writes them. */
#include <keel/command.h>
#include <keel/console.h>
#include <keel/driver.h>
#include <keel/errno.h>

#define VALUE_MAX 256 /* bytes of a value that are shown */
#define INDENT    "    "

static bool is_printable(uint8_t byte)
{
    return byte >= ' ' && byte < 0x7f;
}

/* Whether the value looks like strings: printable, each ended by one NUL. */
static bool is_strings(const struct fdt_prop *prop)
{
    if (prop->len == 0 || prop->value[prop->len - 1] != '\0') {
        return false;
    }
    for (uint32_t i = 0; i < prop->len; i++) {
        bool ends_text = prop->value[i] == '\0' && i > 0 && prop->value[i - 1] != '\0';

        if (!is_printable(prop->value[i]) && !ends_text) {
            return false;
        }
    }
    return true;
}

static void print_strings(const struct fdt_prop *prop, uint32_t len)
{
    console_printf("\"");
    for (uint32_t i = 0; i < len; i++) {
        uint8_t byte = prop->value[i];

        if (byte == '\0' && i + 1 < prop->len) {
            console_printf("\", \"");
        } else if (byte == '"' || byte == '\\') {
            console_printf("\\%c", byte);
        } else if (byte != '\0') {
            console_printf("%c", byte);
        }
    }
    console_printf("\"");
}

static void print_cells(const struct fdt_prop *prop, uint32_t len)
{
    console_printf("<");
    for (uint32_t i = 0; i + 4 <= len; i += 4) {
        console_printf("%s0x%x", i > 0 ? " " : "", fdt_cell(prop->value + i));
    }
    console_printf(">");
}

static void print_bytes(const struct fdt_prop *prop, uint32_t len)
{
    console_printf("[");
    for (uint32_t i = 0; i < len; i++) {
        console_printf("%s%02x", i > 0 ? " " : "", prop->value[i]);
    }
    console_printf("]");
}

static void print_property(const struct fdt_prop *prop)
{
    uint32_t shown = MIN(prop->len, (uint32_t)VALUE_MAX);

    console_printf(INDENT "%s", prop->name);
    if (prop->len > 0) {
        console_printf(" = ");
        if (is_strings(prop)) {
            print_strings(prop, shown);
        } else if (prop->len % 4 == 0) {
            print_cells(prop, shown);
        } else {
            print_bytes(prop, shown);
        }
    }
    console_printf(";");
    if (shown < prop->len) {
        console_printf(" /* the first %u of %u bytes */", shown, prop->len);
    }
    console_printf("\n");
}

static int cmd_dt(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "/";
    int node = fdt_find(&system_fdt, path);
    struct fdt_prop prop;
    int child;

    if (argc > 2) {
        console_printf("one path at a time\n");
        return -EINVAL;
    }
    if (node < 0) {
        console_printf("no such node or alias: %s\n", path);
        return -ENOENT;
    }
    console_printf("%s {\n", node == fdt_root(&system_fdt) ? "/" : fdt_name(&system_fdt, node));
    fdt_for_each_prop (&system_fdt, &prop, node) {
        print_property(&prop);
    }
    fdt_for_each_child (&system_fdt, child, node) {
        console_printf(INDENT "%s { ... };\n", fdt_name(&system_fdt, child));
    }
    console_printf("};\n");
    return 0;
}

COMMAND(dt, "[PATH]", "print a node of the device tree, its properties and the nodes below",
        cmd_dt);
