/* SPDX-License-Identifier: MIT */
/* The VGA text screen: cells, cursor, scrolling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../drivers/display/vga_text.c"

#include "fake_io.h"

#define MEMORY_ROWS (VGA_ROWS + 7)

static uint8_t memory[MEMORY_ROWS * VGA_COLUMNS * CELL_SIZE];
static uint8_t crtc[32];
static uint8_t crtc_index;
static struct vga_text vga;

static uint32_t fake_read(const struct io_region *io, uint32_t offset, unsigned int width)
{
    uint32_t value = 0;

    if (io == &vga.ports) {
        assert_int_equal(offset, CRTC_DATA);
        return crtc[crtc_index];
    }
    assert_true(offset + width <= sizeof(memory));
    memcpy(&value, memory + offset, width);
    return value;
}

static void fake_write(const struct io_region *io, uint32_t offset, uint32_t value,
                       unsigned int width)
{
    if (io == &vga.ports) {
        *(offset == CRTC_INDEX ? &crtc_index : &crtc[crtc_index]) = (uint8_t)value;
        return;
    }
    assert_true(offset + width <= sizeof(memory));
    memcpy(memory + offset, &value, width);
}

static int reset(void **state)
{
    (void)state;
    memset(memory, 0xee, sizeof(memory));
    memset(crtc, 0, sizeof(crtc));
    vga = (struct vga_text){.cells = {.size = sizeof(memory)}};
    vga_text_start(&vga);
    return 0;
}

static void write_text(const char *text)
{
    vga_text_write(&vga, text, strlen(text));
}

static void check_row(unsigned int row, const char *text)
{
    for (unsigned int column = 0; column < VGA_COLUMNS; column++) {
        uint32_t at = cell_offset(&vga, row, column);

        assert_int_equal(memory[at], column < strlen(text) ? text[column] : ' ');
        assert_int_equal(memory[at + 1], ATTRIBUTE);
    }
}

static void check_cursor(unsigned int row, unsigned int column)
{
    assert_int_equal(crtc[CRTC_CURSOR_HIGH] << 8 | crtc[CRTC_CURSOR_LOW],
                     crtc[CRTC_START_HIGH] * 256 + crtc[CRTC_START_LOW] + row * VGA_COLUMNS +
                         column);
    assert_int_equal(crtc[CRTC_START_HIGH] << 8 | crtc[CRTC_START_LOW], vga.top * VGA_COLUMNS);
}

static void test_below_firmware(void **state)
{
    (void)state;
    check_row(1, "");
    check_cursor(1, 0);
    memset(crtc, 0xff, sizeof(crtc)); /* a cursor that is nowhere */
    vga_text_start(&vga);
    check_row(VGA_ROWS - 1, "");
    check_cursor(VGA_ROWS - 1, 0);
}

static void test_text(void **state)
{
    (void)state;
    write_text("abc\r\ndeg\bf\tg");
    check_row(1, "abc");
    assert_memory_equal(memory + cell_offset(&vga, 2, 0), "d\007e\007f\007", 6);
    assert_int_equal(memory[cell_offset(&vga, 2, 8)], 'g');
    check_cursor(2, 9);
}

static void test_escapes(void **state)
{
    (void)state;
    write_text("abcd\r\033[Kxy\033[31mz\033Qw");
    check_row(1, "xyzw");
}

static void test_wrap_and_scroll(void **state)
{
    (void)state;
    write_text("top\r\n");
    for (unsigned int i = 0; i < VGA_COLUMNS; i++) {
        write_text("x");
    }
    check_cursor(3, 0); /* the cursor of a full row stands behind it */
    write_text("y");
    assert_int_equal(memory[cell_offset(&vga, 3, 0)], 'y');
    for (unsigned int i = 0; i < 100; i++) {
        write_text("\r\nline");
    }
    write_text("\r\nlast");
    for (unsigned int row = 0; row < VGA_ROWS - 1; row++) {
        check_row(row, "line");
    }
    check_row(VGA_ROWS - 1, "last");
    check_cursor(VGA_ROWS - 1, 4);
}

/* At every place in the memory, and in a memory of one screen, the rows follow each other. What was
 * on the screen before is gone by the second screenful. */
static void test_scroll_through_the_memory(void **state)
{
    static const uint64_t sizes[] = {sizeof(memory), VGA_ROWS * VGA_COLUMNS * CELL_SIZE};
    char text[16];

    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        reset(state);
        vga.cells.size = sizes[i];
        for (unsigned int line = 0; line < 5 * MEMORY_ROWS; line++) {
            snprintf(text, sizeof(text), "\r\n%u", line);
            write_text(text);
            for (unsigned int row = 0; line >= 2 * VGA_ROWS && row < VGA_ROWS; row++) {
                snprintf(text, sizeof(text), "%u", line - (VGA_ROWS - 1) + row);
                check_row(row, text);
            }
            assert_true(cell_offset(&vga, VGA_ROWS, 0) <= sizes[i]);
        }
    }
}

static void test_any_bytes(void **state)
{
    (void)state;
    srand(5);
    for (unsigned int i = 0; i < 100000; i++) {
        char byte = (char)rand();

        vga_text_write(&vga, &byte, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_below_firmware, reset),
        cmocka_unit_test_setup(test_text, reset),
        cmocka_unit_test_setup(test_escapes, reset),
        cmocka_unit_test_setup(test_wrap_and_scroll, reset),
        cmocka_unit_test_setup(test_scroll_through_the_memory, reset),
        cmocka_unit_test_setup(test_any_bytes, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
