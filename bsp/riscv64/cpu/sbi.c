/* SPDX-License-Identifier: MIT */
/* Calls into the machine-mode firmware. */
#include <arch/sbi.h>
#include <keel/errno.h>
#include <keel/vm.h>

struct sbi_result sbi_call(enum sbi_extension extension, unsigned long function, unsigned long arg0,
                           unsigned long arg1, unsigned long arg2)
{
    register unsigned long a0 __asm__("a0") = arg0;
    register unsigned long a1 __asm__("a1") = arg1;
    register unsigned long a2 __asm__("a2") = arg2;
    register unsigned long a6 __asm__("a6") = function;
    register unsigned long a7 __asm__("a7") = extension;

    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
    return (struct sbi_result){.error = a0, .value = a1};
}

struct sbi_result sbi_call5(enum sbi_extension extension, unsigned long function,
                            unsigned long arg0, unsigned long arg1, unsigned long arg2,
                            unsigned long arg3, unsigned long arg4)
{
    register unsigned long a0 __asm__("a0") = arg0;
    register unsigned long a1 __asm__("a1") = arg1;
    register unsigned long a2 __asm__("a2") = arg2;
    register unsigned long a3 __asm__("a3") = arg3;
    register unsigned long a4 __asm__("a4") = arg4;
    register unsigned long a6 __asm__("a6") = function;
    register unsigned long a7 __asm__("a7") = extension;

    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a1)
                     : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7)
                     : "memory");
    return (struct sbi_result){.error = a0, .value = a1};
}

/* The specification's errors -1 to -9. */
int sbi_errno(long error)
{
    static const uint8_t table[] = {0,      EIO,    ENOTSUP, EINVAL, EACCES,
                                    EFAULT, EEXIST, EEXIST,  EEXIST, EAGAIN};

    if (error > 0 || error <= -(long)ARRAY_SIZE(table)) {
        return -EIO;
    }
    return -table[-error];
}

bool sbi_probe(enum sbi_extension extension)
{
    struct sbi_result result = sbi_call(SBI_BASE, SBI_BASE_PROBE, extension, 0, 0);

    return result.error == 0 && result.value != 0;
}

uint64_t sbi_base_value(enum sbi_base_function function)
{
    struct sbi_result result = sbi_call(SBI_BASE, function, 0, 0, 0);

    return result.error == 0 ? result.value : 0;
}

/* Bytes go one by one: that needs no physical address of the text. */
static int put_byte(char byte)
{
    struct sbi_result result = sbi_call(SBI_DBCN, SBI_DBCN_WRITE_BYTE, (uint8_t)byte, 0, 0);

    if (result.error != 0) {
        result = sbi_call(SBI_LEGACY_PUTCHAR, 0, (uint8_t)byte, 0, 0);
    }
    return sbi_errno(result.error);
}

int sbi_console_write(const char *text, size_t len)
{
    int err = 0;

    for (size_t i = 0; i < len && err == 0; i++) {
        err = put_byte(text[i]);
    }
    return err;
}

int sbi_console_read(void)
{
    static uint8_t byte;
    struct sbi_result result = sbi_call(SBI_DBCN, SBI_DBCN_READ, 1, virt_to_phys(&byte), 0);

    if (result.error == 0) {
        return result.value == 1 ? READ_ONCE(byte) : -EAGAIN;
    }
    /* The legacy call gives the byte itself, -1 when there is none. */
    result = sbi_call(SBI_LEGACY_GETCHAR, 0, 0, 0, 0);
    if (result.error >= 0) {
        return result.error & UINT8_MAX;
    }
    return result.error == -1 ? -EAGAIN : -ENOTSUP;
}

int sbi_system_reset(enum sbi_reset_type type, enum sbi_reset_reason reason)
{
    struct sbi_result result = sbi_call(SBI_SRST, 0, type, reason, 0);

    if (result.error != 0 && type == SBI_RESET_SHUTDOWN) {
        sbi_call(SBI_LEGACY_SHUTDOWN, 0, 0, 0, 0);
    }
    return sbi_errno(result.error);
}
