/* SPDX-License-Identifier: MIT */
/* Prints the registers of a trap, the system registers in words. */
#include "trap.h"

#include <arch/cpuid.h>
#include <keel/printf.h>

struct bit_name {
    uint64_t bit;
    const char *name;
};

static const struct bit_name rflags_bits[] = {
    {1 << 0, "CF"},  {1 << 2, "PF"},  {1 << 4, "AF"},  {1 << 6, "ZF"},  {1 << 7, "SF"},
    {1 << 8, "TF"},  {1 << 9, "IF"},  {1 << 10, "DF"}, {1 << 11, "OF"}, {1 << 14, "NT"},
    {1 << 16, "RF"}, {1 << 18, "AC"}, {1 << 21, "ID"},
};
static const struct bit_name cr0_bits[] = {
    {CR0_PE, "PE"}, {CR0_MP, "MP"}, {CR0_EM, "EM"},     {CR0_TS, "TS"},
    {CR0_ET, "ET"}, {CR0_NE, "NE"}, {CR0_WP, "WP"},     {CR0_AM, "AM"},
    {CR0_NW, "NW"}, {CR0_CD, "CD"}, {1ull << 31, "PG"},
};
static const struct bit_name cr4_bits[] = {
    {CR4_TSD, "TSD"},   {CR4_DE, "DE"},     {CR4_PAE, "PAE"},
    {CR4_MCE, "MCE"},   {CR4_PGE, "PGE"},   {CR4_OSFXSR, "OSFXSR"},
    {CR4_UMIP, "UMIP"}, {CR4_SMEP, "SMEP"}, {CR4_SMAP, "SMAP"},
};
static const struct bit_name efer_bits[] = {
    {EFER_SCE, "SCE"},
    {EFER_LME, "LME"},
    {EFER_LMA, "LMA"},
    {EFER_NXE, "NXE"},
};

static void print_four(void (*line)(const char *), const char *names, const uint64_t values[4])
{
    char text[128];

    ksnprintf(text, sizeof(text), "%.4s%016llx  %.4s%016llx  %.4s%016llx  %.4s%016llx", names,
              (unsigned long long)values[0], names + 4, (unsigned long long)values[1], names + 8,
              (unsigned long long)values[2], names + 12, (unsigned long long)values[3]);
    line(text);
}

/* "cr0    0000000080010011 PE ET NE" */
static void print_bits(void (*line)(const char *), const char *name, uint64_t value,
                       const struct bit_name *bits, size_t count)
{
    char text[128];
    int len = kscnprintf(text, sizeof(text), "%-7s%016llx", name, (unsigned long long)value);

    for (size_t i = 0; i < count; i++) {
        if ((value & bits[i].bit) != 0) {
            len += kscnprintf(text + len, sizeof(text) - (size_t)len, " %s", bits[i].name);
        }
    }
    line(text);
}

void arch_trap_print(const struct trap_frame *f, void (*line)(const char *text))
{
    char text[128];

    print_four(line, "rax rbx rcx rdx ", (const uint64_t[]){f->rax, f->rbx, f->rcx, f->rdx});
    print_four(line, "rsi rdi rbp rsp ", (const uint64_t[]){f->rsi, f->rdi, f->rbp, f->rsp});
    print_four(line, "r8  r9  r10 r11 ", (const uint64_t[]){f->r8, f->r9, f->r10, f->r11});
    print_four(line, "r12 r13 r14 r15 ", (const uint64_t[]){f->r12, f->r13, f->r14, f->r15});
    ksnprintf(text, sizeof(text), "rip %016llx  cs  %04llx  ss  %04llx  vector %llu  error %#llx",
              (unsigned long long)f->rip, (unsigned long long)f->cs, (unsigned long long)f->ss,
              (unsigned long long)f->vector, (unsigned long long)f->error);
    line(text);
    print_bits(line, "rflags", f->rflags, rflags_bits, ARRAY_SIZE(rflags_bits));
    if (arch_trap_from_user(f)) {
        return;
    }
    print_bits(line, "cr0", cr0_read(), cr0_bits, ARRAY_SIZE(cr0_bits));
    print_bits(line, "cr4", cr4_read(), cr4_bits, ARRAY_SIZE(cr4_bits));
    print_bits(line, "efer", msr_read(MSR_EFER), efer_bits, ARRAY_SIZE(efer_bits));
    ksnprintf(text, sizeof(text), "cr2 %016llx  cr3 %016llx", (unsigned long long)cr2_read(),
              (unsigned long long)cr3_read());
    line(text);
}
