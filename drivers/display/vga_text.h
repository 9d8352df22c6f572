/* SPDX-License-Identifier: MIT */
/* The text screen of a VGA, 80 columns by 25 rows (IBM VGA Technical Reference): cells and
 * cursor. */
#ifndef DRIVERS_DISPLAY_VGA_TEXT_H
#define DRIVERS_DISPLAY_VGA_TEXT_H

#include <keel/driver.h>

#define VGA_COLUMNS 80
#define VGA_ROWS    25

struct vga_text {
    struct io_region cells; /* a character and an attribute each */
    struct io_region ports; /* from 3c0 on */
    unsigned int column;
    unsigned int row;
    unsigned int top; /* row of the memory that the screen starts with */
    uint8_t escape;   /* where in an escape sequence of the text we are */
};

/* Takes the screen over below what stands on it: the text starts in a free row. */
void vga_text_start(struct vga_text *vga);

/* Shows text at the cursor; CR, LF, backspace and tab move it, the last row scrolls. */
void vga_text_write(struct vga_text *vga, const char *text, size_t len);

#endif
