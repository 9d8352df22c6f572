/* SPDX-License-Identifier: MIT */
/* Register code of the keyboard controller. */
#include "i8042.h"

#include <keel/bits.h>
#include <keel/errno.h>

#define STATUS_OUTPUT_FULL BIT(0)
#define STATUS_INPUT_FULL  BIT(1)
#define STATUS_SECOND_PORT BIT(5)
#define STATUS_ABSENT      0xff /* an empty bus reads as ones */

#define READ_CONFIG        0x20
#define WRITE_CONFIG       0x60
#define DISABLE_SECOND     0xa7
#define DISABLE_FIRST      0xad
#define ENABLE_FIRST       0xae

#define CONFIG_INTERRUPT   BIT(0)
#define CONFIG_INTERRUPT2  BIT(1)
#define CONFIG_OFF         BIT(4)
#define CONFIG_TRANSLATE   BIT(6) /* from set 2, which keyboards send */

#define ENABLE_SCANNING    0xf4 /* to the keyboard */

#define POLLS_MAX          100000u
#define STALE_MAX          64u /* bytes to throw away */

static uint8_t status(const struct i8042 *kbc)
{
    return io_read8(&kbc->command, 0);
}

static bool wait_until(const struct i8042 *kbc, uint8_t mask, uint8_t value)
{
    for (unsigned i = 0; i < POLLS_MAX; i++) {
        if ((status(kbc) & mask) == value) {
            return true;
        }
    }
    return false;
}

static bool send(const struct i8042 *kbc, const struct io_region *where, uint8_t value)
{
    bool ready = wait_until(kbc, STATUS_INPUT_FULL, 0);

    if (ready) {
        io_write8(where, 0, value);
    }
    return ready;
}

static void drop_stale(const struct i8042 *kbc)
{
    for (unsigned i = 0; i < STALE_MAX && (status(kbc) & STATUS_OUTPUT_FULL) != 0; i++) {
        io_read8(&kbc->data, 0);
    }
}

static int read_config(const struct i8042 *kbc)
{
    if (!send(kbc, &kbc->command, READ_CONFIG) ||
        !wait_until(kbc, STATUS_OUTPUT_FULL, STATUS_OUTPUT_FULL)) {
        return -ENODEV;
    }
    return io_read8(&kbc->data, 0);
}

/* Keys that come meanwhile stay in the keyboard, which is held off. */
int i8042_start(const struct i8042 *kbc)
{
    int config;

    if (status(kbc) == STATUS_ABSENT || !send(kbc, &kbc->command, DISABLE_FIRST) ||
        !send(kbc, &kbc->command, DISABLE_SECOND)) {
        return -ENODEV;
    }
    drop_stale(kbc);
    config = read_config(kbc);
    if (config < 0) {
        return config;
    }
    config |= CONFIG_INTERRUPT | CONFIG_TRANSLATE;
    config &= (int)~(CONFIG_INTERRUPT2 | CONFIG_OFF);
    if (!send(kbc, &kbc->command, WRITE_CONFIG) || !send(kbc, &kbc->data, (uint8_t)config) ||
        !send(kbc, &kbc->command, ENABLE_FIRST) || !send(kbc, &kbc->data, ENABLE_SCANNING)) {
        return -ENODEV;
    }
    return 0;
}

/* What a device at the second port sends, which is off, would be no keys. */
int i8042_read(const struct i8042 *kbc)
{
    uint8_t now = status(kbc);
    uint8_t byte;

    if ((now & STATUS_OUTPUT_FULL) == 0 || now == STATUS_ABSENT) {
        return -EAGAIN;
    }
    byte = io_read8(&kbc->data, 0);
    return (now & STATUS_SECOND_PORT) != 0 ? -EAGAIN : byte;
}
