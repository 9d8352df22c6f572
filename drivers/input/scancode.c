/* SPDX-License-Identifier: MIT */
/* Turns scan codes into text. */
#include "scancode.h"

#define EXTENDED        0xe0u
#define PAUSE           0xe1u
#define PAUSE_REST      2u /* both halves of its sequence: 0xe1 and two bytes */
#define RELEASED        0x80u

#define KEY_CTRL        0x1du
#define KEY_LEFT_SHIFT  0x2au
#define KEY_RIGHT_SHIFT 0x36u
#define KEY_CAPS        0x3au

#define LEFT_SHIFT      1u
#define RIGHT_SHIFT     2u
#define SHIFTS          (LEFT_SHIFT | RIGHT_SHIFT)
#define LEFT_CTRL       4u
#define RIGHT_CTRL      8u
#define CTRLS           (LEFT_CTRL | RIGHT_CTRL)

#define CTRL_MASK       0x1f

/* By code, from 0 to that of the keypad's point; 0 for keys that type nothing. */
static const char plain[] = "\0\033"
                            "1234567890-=\177\t"
                            "qwertyuiop[]\r\0"
                            "asdfghjkl;'`\0\\"
                            "zxcvbnm,./\0*\0 \0"
                            "\0\0\0\0\0\0\0\0\0\0\0\0"
                            "789-456+1230.";
static const char shifted[] = "\0\033"
                              "!@#$%^&*()_+\177\t"
                              "QWERTYUIOP{}\r\0"
                              "ASDFGHJKL:\"~\0|"
                              "ZXCVBNM<>?\0*\0 \0"
                              "\0\0\0\0\0\0\0\0\0\0\0\0"
                              "789-456+1230.";
_Static_assert(sizeof(plain) == 0x54 + 1 && sizeof(shifted) == sizeof(plain), "a code, a letter");

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

static const char *one(struct scancode *keys, char c)
{
    keys->text[0] = c;
    return keys->text;
}

/* The keys that the first keyboards did not have; as ECMA-48 terminals send them. */
static const char *extended_key(struct scancode *keys, uint8_t code)
{
    switch (code) {
    case 0x1c:
        return "\r";
    case 0x35:
        return "/";
    case 0x47:
        return "\033[H";
    case 0x48:
        return "\033[A";
    case 0x4b:
        return "\033[D";
    case 0x4d:
        return "\033[C";
    case 0x4f:
        return "\033[F";
    case 0x50:
        return "\033[B";
    case 0x53:
        return "\033[3~";
    default:
        return one(keys, '\0');
    }
}

static const char *ordinary_key(struct scancode *keys, uint8_t code)
{
    bool shift = (keys->held & SHIFTS) != 0;
    char c = code < sizeof(plain) ? plain[code] : '\0';

    if (is_letter(c) && keys->caps) {
        shift = !shift;
    }
    if (c != '\0' && shift) {
        c = shifted[code];
    }
    if ((keys->held & CTRLS) != 0) {
        c = c >= '@' && c != '\177' ? (char)(c & CTRL_MASK) : '\0';
    }
    return one(keys, c);
}

/* The bit of a key that changes others; 0 for the rest. The extended shifts are no keys, keyboards wrap
 * others into them. */
static uint8_t held_by(uint8_t code, bool extended)
{
    switch (code) {
    case KEY_CTRL:
        return extended ? RIGHT_CTRL : LEFT_CTRL;
    case KEY_LEFT_SHIFT:
        return extended ? 0 : LEFT_SHIFT;
    case KEY_RIGHT_SHIFT:
        return extended ? 0 : RIGHT_SHIFT;
    default:
        return 0;
    }
}

static const char *key(struct scancode *keys, uint8_t code, bool released, bool extended)
{
    uint8_t held = held_by(code, extended);

    if (released) {
        keys->held = (uint8_t)(keys->held & ~held);
        return one(keys, '\0');
    }
    keys->held |= held;
    if (extended) {
        return extended_key(keys, code);
    }
    if (code == KEY_CAPS) {
        keys->caps = !keys->caps;
    }
    return ordinary_key(keys, code);
}

const char *scancode_feed(struct scancode *keys, uint8_t byte)
{
    bool extended = keys->extended;

    keys->extended = byte == EXTENDED;
    if (keys->skip > 0) {
        keys->skip--;
        return one(keys, '\0');
    }
    if (byte == PAUSE) {
        keys->skip = PAUSE_REST;
    }
    if (byte == PAUSE || byte == EXTENDED) {
        return one(keys, '\0');
    }
    return key(keys, byte & (uint8_t)~RELEASED, (byte & RELEASED) != 0, extended);
}
