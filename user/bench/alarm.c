/* SPDX-License-Identifier: MIT */
/* Alarms of the emulator's boards: PL031 (ARM DDI 0224), goldfish-rtc, and HPET (IA-PC HPET Specification 1.0a). */
#include "alarm.h"

#include <keel/interrupt.h>

#define NS_PER_S INT64_C(1000000000)
#define FAR      INT64_C(100000) /* ns; nobody else's timers are as near */

static uint32_t get(volatile uint32_t *registers, unsigned offset)
{
    return registers[offset / sizeof(uint32_t)];
}

static void put(volatile uint32_t *registers, unsigned offset, uint32_t value)
{
    registers[offset / sizeof(uint32_t)] = value;
}

/* --- PL031: counts seconds --- */

#define RTCDR   0x00u
#define RTCMR   0x04u
#define RTCIMSC 0x10u
#define RTCICR  0x1cu
#define SPI_FIRST \
    32u /* of the interrupt controller; the second cell of `interrupts` counts from there */

static uint32_t pl031_start(volatile uint32_t *registers, const struct tree_device *device)
{
    put(registers, RTCICR, 1);
    put(registers, RTCIMSC, 1);
    return SPI_FIRST + device->interrupt[1];
}

/* The emulator counts the second from here. */
static void pl031_arm(volatile uint32_t *registers)
{
    put(registers, RTCMR, get(registers, RTCDR) + 1);
}

static void pl031_clear(volatile uint32_t *registers)
{
    put(registers, RTCICR, 1);
}

static void pl031_stop(volatile uint32_t *registers)
{
    put(registers, RTCIMSC, 0);
    put(registers, RTCICR, 1);
}

/* --- Goldfish: nanoseconds; a lower half that is read keeps the upper one, one that is written sets the alarm --- */

#define TIME_LOW        0x00u
#define TIME_HIGH       0x04u
#define ALARM_LOW       0x08u
#define ALARM_HIGH      0x0cu
#define IRQ_ENABLED     0x10u
#define CLEAR_ALARM     0x14u
#define CLEAR_INTERRUPT 0x1cu

static uint32_t goldfish_start(volatile uint32_t *registers, const struct tree_device *device)
{
    put(registers, CLEAR_INTERRUPT, 1);
    put(registers, IRQ_ENABLED, 1);
    return device->interrupt[0];
}

static void goldfish_arm(volatile uint32_t *registers)
{
    uint64_t now = get(registers, TIME_LOW);

    now |= (uint64_t)get(registers, TIME_HIGH) << 32;
    now += FAR;
    put(registers, ALARM_HIGH, (uint32_t)(now >> 32));
    put(registers, ALARM_LOW, (uint32_t)now);
}

static void goldfish_clear(volatile uint32_t *registers)
{
    put(registers, CLEAR_INTERRUPT, 1);
}

static void goldfish_stop(volatile uint32_t *registers)
{
    put(registers, IRQ_ENABLED, 0);
    put(registers, CLEAR_ALARM, 1);
    put(registers, CLEAR_INTERRUPT, 1);
}

/* --- HPET: its third timer, which the kernel leaves alone --- */

#define HPET_PERIOD   0x004u /* femtoseconds */
#define HPET_CONFIG   0x010u
#define HPET_COUNTER  0x0f0u
#define TIMER_CONFIG  0x140u
#define TIMER_LINES   0x144u /* those that it can be given */
#define TIMER_COMPARE 0x148u
#define HPET_ENABLE   1u
#define TIMER_ENABLE  (1u << 2)
#define TIMER_32BIT   (1u << 8)
#define TIMER_LINE(n) ((n) << 9)
#define FIRST_FREE    16u /* lines before it may be ISA devices' */
#define FS_PER_NS     1000000u

static uint32_t hpet_start(volatile uint32_t *registers, const struct tree_device *device)
{
    uint32_t line = 31;

    (void)device;
    while (line > FIRST_FREE && (get(registers, TIMER_LINES) >> line & 1) == 0) {
        line--;
    }
    put(registers, TIMER_CONFIG, TIMER_LINE(line) | TIMER_32BIT | TIMER_ENABLE);
    put(registers, HPET_CONFIG, get(registers, HPET_CONFIG) | HPET_ENABLE);
    return line;
}

static void hpet_arm(volatile uint32_t *registers)
{
    const uint32_t ticks = (uint32_t)((uint64_t)FAR * FS_PER_NS / get(registers, HPET_PERIOD));

    put(registers, TIMER_COMPARE, get(registers, HPET_COUNTER) + ticks);
}

/* An edge is over at once. */
static void hpet_clear(volatile uint32_t *registers)
{
    (void)registers;
}

static void hpet_stop(volatile uint32_t *registers)
{
    put(registers, TIMER_CONFIG, 0);
}

const struct alarm alarms[] = {
    {"arm,pl031", KEEL_INTERRUPT_MODE_DEFAULT, NS_PER_S, 20, pl031_start, pl031_arm, pl031_clear,
     pl031_stop},
    {"google,goldfish-rtc", KEEL_INTERRUPT_MODE_DEFAULT, FAR, 1, goldfish_start, goldfish_arm,
     goldfish_clear, goldfish_stop},
    {"intel,ce4100-hpet", KEEL_INTERRUPT_MODE_EDGE_HIGH, FAR, 1, hpet_start, hpet_arm, hpet_clear,
     hpet_stop},
};

const unsigned alarm_count = sizeof(alarms) / sizeof(alarms[0]);
