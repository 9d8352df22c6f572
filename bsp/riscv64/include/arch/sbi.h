/* SPDX-License-Identifier: MIT */
/* Calls into the machine-mode firmware (RISC-V Supervisor Binary Interface 2.0). */
#ifndef ARCH_SBI_H
#define ARCH_SBI_H

#include <keel/cpumask.h>
#include <keel/types.h>

/* Extension ids; the legacy ones (chapter 5) are extensions of a single function. */
enum sbi_extension {
    SBI_LEGACY_PUTCHAR = 0x01,
    SBI_LEGACY_GETCHAR = 0x02,
    SBI_LEGACY_SHUTDOWN = 0x08,
    SBI_BASE = 0x10,
    SBI_DBCN = 0x4442434e, /* debug console */
    SBI_HSM = 0x48534d,    /* hart state management */
    SBI_RFENCE = 0x52464e43,
    SBI_IPI = 0x735049, /* "sPI" */
    SBI_TIME = 0x54494d45,
    SBI_SRST = 0x53525354, /* system reset */
};

/* Function ids of SBI_BASE (chapter 4). */
enum sbi_base_function {
    SBI_BASE_SPEC_VERSION,
    SBI_BASE_IMPL_ID,
    SBI_BASE_IMPL_VERSION,
    SBI_BASE_PROBE,
    SBI_BASE_MVENDORID,
    SBI_BASE_MARCHID,
    SBI_BASE_MIMPID,
};

/* Function ids of SBI_DBCN (chapter 12). */
enum sbi_dbcn_function {
    SBI_DBCN_WRITE,
    SBI_DBCN_READ,
    SBI_DBCN_WRITE_BYTE,
};

/* Function ids of SBI_HSM (chapter 9). */
enum sbi_hsm_function {
    SBI_HSM_HART_START,
    SBI_HSM_HART_STOP,
    SBI_HSM_HART_STATUS,
};

/* A hart's state, as hart_status tells it (9.4). */
#define SBI_HART_STOPPED 1

/* Function ids of SBI_RFENCE (chapter 8). */
enum sbi_rfence_function {
    SBI_RFENCE_FENCE_I,
    SBI_RFENCE_SFENCE_VMA,
    SBI_RFENCE_SFENCE_VMA_ASID,
};

/* Arguments of SBI_SRST's one function (chapter 10). */
enum sbi_reset_type {
    SBI_RESET_SHUTDOWN,
    SBI_RESET_COLD,
    SBI_RESET_WARM,
};

enum sbi_reset_reason {
    SBI_REASON_NONE,
    SBI_REASON_FAILURE,
};

struct sbi_result {
    long error; /* 0 or one of the specification's negative numbers (3.1) */
    long value;
};

/* One call with up to three arguments. */
struct sbi_result sbi_call(enum sbi_extension extension, unsigned long function, unsigned long arg0,
                           unsigned long arg1, unsigned long arg2);

/* The same with five. */
struct sbi_result sbi_call5(enum sbi_extension extension, unsigned long function,
                            unsigned long arg0, unsigned long arg1, unsigned long arg2,
                            unsigned long arg3, unsigned long arg4);

/* Interrupts the harts of a set of CPUs, this one may be among them. 0, or a negative errno. */
int sbi_send_ipi(cpumask_t cpus);

/* Has the harts of a set of CPUs, this one not among them, drop translations of [va, va + size), of the
 * tag `asid` or, for 0, of all, and returns when they have. With a size of UINT64_MAX all addresses. */
int sbi_remote_sfence(cpumask_t cpus, virt_addr_t va, uint64_t size, unsigned asid);

/* Has them make their fetches see what was written to memory. */
int sbi_remote_fence_i(cpumask_t cpus);

/* The specification's error as a negative errno. */
int sbi_errno(long error);

/* Whether firmware has the extension. */
bool sbi_probe(enum sbi_extension extension);

/* A value of SBI_BASE; 0 where firmware is too old to know it. */
uint64_t sbi_base_value(enum sbi_base_function function);

/* Writes text to firmware's console, by DBCN or byte by byte. Usable at any time, the MMU off
 * included. 0, or a negative errno when there is no console. */
int sbi_console_write(const char *text, size_t len);

/* The next byte typed; -EAGAIN when there is none, -ENOTSUP without a console. */
int sbi_console_read(void);

/* Resets or turns off the machine; returns a negative errno when firmware cannot. */
int sbi_system_reset(enum sbi_reset_type type, enum sbi_reset_reason reason);

#endif
