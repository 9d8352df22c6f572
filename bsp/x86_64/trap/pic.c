/* SPDX-License-Identifier: MIT */
/* Silences the two 8259 interrupt controllers as the firmware left them (Intel 8259A data
 * sheet). */
#include "trap.h"

#include <arch/io.h>

#define PIC1_COMMAND  0x20
#define PIC1_DATA     0x21
#define PIC2_COMMAND  0xa0
#define PIC2_DATA     0xa1

#define ICW1_INIT     0x11 /* edge triggered, cascaded, ICW4 follows */
#define ICW3_CASCADE  0x04 /* the second hangs on line 2 of the first */
#define ICW3_IDENTITY 0x02
#define ICW4_8086     0x01
#define MASK_ALL      0xff

#define PIC_VECTOR    0x20 /* behind the exceptions; a spurious line 7 or 15 still gets through */

void pic_silence(void)
{
    port_write8(PIC1_COMMAND, ICW1_INIT);
    port_write8(PIC2_COMMAND, ICW1_INIT);
    port_write8(PIC1_DATA, PIC_VECTOR);
    port_write8(PIC2_DATA, PIC_VECTOR + 8);
    port_write8(PIC1_DATA, ICW3_CASCADE);
    port_write8(PIC2_DATA, ICW3_IDENTITY);
    port_write8(PIC1_DATA, ICW4_8086);
    port_write8(PIC2_DATA, ICW4_8086);
    port_write8(PIC1_DATA, MASK_ALL);
    port_write8(PIC2_DATA, MASK_ALL);
}
