/* SPDX-License-Identifier: MIT */
/* Register and cell code of the VGA text screen. */
#include "vga_text.h"

#include <keel/bits.h>

/* Ports, counted from 3c0; the CRT controller is at 3d4 in colour modes. */
#define CRTC_INDEX       0x14
#define CRTC_DATA        0x15
#define CRTC_START_HIGH  0x0c
#define CRTC_START_LOW   0x0d
#define CRTC_CURSOR_HIGH 0x0e
#define CRTC_CURSOR_LOW  0x0f

#define ATTRIBUTE        0x07 /* light grey on black */
#define BLANK            (ATTRIBUTE << 8 | ' ')
#define CELL_SIZE        2
#define TAB              8
#define ESC              0x1b

enum escape_state {
    ESCAPE_NONE,
    ESCAPE_STARTED,
    ESCAPE_CSI,
};

/* The cell at a place of the screen, counted from the first of the memory, and its offset there. */
static unsigned int cell_at(const struct vga_text *vga, unsigned int row, unsigned int column)
{
    return (vga->top + row) * VGA_COLUMNS + column;
}

static uint32_t cell_offset(const struct vga_text *vga, unsigned int row, unsigned int column)
{
    return cell_at(vga, row, column) * CELL_SIZE;
}

static uint8_t crtc_read(struct vga_text *vga, uint8_t index)
{
    io_write8(&vga->ports, CRTC_INDEX, index);
    return io_read8(&vga->ports, CRTC_DATA);
}

static void crtc_write(struct vga_text *vga, uint8_t index, uint8_t value)
{
    io_write8(&vga->ports, CRTC_INDEX, index);
    io_write8(&vga->ports, CRTC_DATA, value);
}

static void show_cursor(struct vga_text *vga)
{
    unsigned int at = cell_at(vga, vga->row, vga->column);

    crtc_write(vga, CRTC_CURSOR_HIGH, (uint8_t)(at >> 8));
    crtc_write(vga, CRTC_CURSOR_LOW, (uint8_t)at);
}

/* Shows the memory from row `top` on. */
static void show_from(struct vga_text *vga, unsigned int top)
{
    vga->top = top;
    crtc_write(vga, CRTC_START_HIGH, (uint8_t)(cell_at(vga, 0, 0) >> 8));
    crtc_write(vga, CRTC_START_LOW, (uint8_t)cell_at(vga, 0, 0));
}

static void clear_cells(struct vga_text *vga, unsigned int row, unsigned int column)
{
    uint32_t at = cell_offset(vga, row, column);
    uint32_t end = cell_offset(vga, row, VGA_COLUMNS);

    if ((end - at) % (2 * CELL_SIZE) != 0) {
        io_write16(&vga->cells, at, BLANK);
        at += CELL_SIZE;
    }
    for (; at < end; at += 2 * CELL_SIZE) {
        io_write32(&vga->cells, at, (uint32_t)BLANK << 16 | BLANK);
    }
}

/* Copies all but the first row of the screen to the beginning of the memory. */
static void move_to_start(struct vga_text *vga)
{
    uint32_t from = cell_offset(vga, 1, 0), size = cell_offset(vga, VGA_ROWS, 0) - from;

    for (uint32_t at = 0; at < size; at += 2 * CELL_SIZE) {
        io_write32(&vga->cells, at, io_read32(&vga->cells, from + at));
    }
}

/* The screen is a window on more memory than it shows: it moves on by a row, and only from the end
 * of the memory back to its beginning are cells copied. */
static void scroll(struct vga_text *vga)
{
    unsigned int top = vga->top + 1;

    if (cell_offset(vga, VGA_ROWS + 1, 0) > vga->cells.size) {
        move_to_start(vga);
        top = 0;
    }
    show_from(vga, top);
    clear_cells(vga, VGA_ROWS - 1, 0);
}

static void line_feed(struct vga_text *vga)
{
    if (vga->row == VGA_ROWS - 1) {
        scroll(vga);
    } else {
        vga->row++;
    }
}

static void put_char(struct vga_text *vga, uint8_t byte)
{
    if (vga->column == VGA_COLUMNS) {
        vga->column = 0;
        line_feed(vga);
    }
    io_write16(&vga->cells, cell_offset(vga, vga->row, vga->column),
               (uint16_t)(ATTRIBUTE << 8 | byte));
    vga->column++;
}

static void control_char(struct vga_text *vga, uint8_t byte)
{
    switch (byte) {
    case '\r':
        vga->column = 0;
        break;
    case '\n':
        line_feed(vga);
        break;
    case '\b':
        vga->column -= vga->column > 0;
        break;
    case '\t':
        vga->column = MIN((vga->column / TAB + 1) * TAB, (unsigned int)VGA_COLUMNS - 1);
        break;
    case ESC:
        vga->escape = ESCAPE_STARTED;
        break;
    default:
        break;
    }
}

/* Of the sequences that the line editor sends, erasing to the end of the row is obeyed. */
static void escape_char(struct vga_text *vga, uint8_t byte)
{
    if (vga->escape == ESCAPE_STARTED) {
        vga->escape = byte == '[' ? ESCAPE_CSI : ESCAPE_NONE;
    } else if (byte >= 0x40) {
        vga->escape = ESCAPE_NONE;
        if (byte == 'K') {
            clear_cells(vga, vga->row, vga->column);
        }
    }
}

void vga_text_start(struct vga_text *vga)
{
    unsigned int at = (unsigned int)crtc_read(vga, CRTC_CURSOR_HIGH) << 8;

    at |= crtc_read(vga, CRTC_CURSOR_LOW);
    show_from(vga, 0);
    vga->row = MIN(at / VGA_COLUMNS, (unsigned int)VGA_ROWS - 1);
    vga->column = 0;
    line_feed(vga);
    clear_cells(vga, vga->row, 0);
    show_cursor(vga);
}

void vga_text_write(struct vga_text *vga, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = (uint8_t)text[i];

        if (vga->escape != ESCAPE_NONE) {
            escape_char(vga, byte);
        } else if (byte < ' ') {
            control_char(vga, byte);
        } else {
            put_char(vga, byte);
        }
    }
    show_cursor(vga);
}
